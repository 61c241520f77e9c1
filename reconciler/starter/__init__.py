"""Files that `pxm init` copies into a repository."""

from __future__ import annotations

from importlib import resources

REPOSITORY, REF = "OWNER/pxm", "REF"
"""What the workflows name in place of the repository and the commit that they are called from."""

WORKFLOWS = ("catalog.yml", "catalog-drift.yml")


def github_workflows(repository: str = REPOSITORY, ref: str = REF) -> dict[str, str]:
    """The small callers of our workflows: the path in the repository, and the text.

    `repository` is `owner/name` of this program, `ref` the commit of the version to pin.
    """
    folder = resources.files("reconciler.starter") / "github"
    return {
        f".github/workflows/{name}": (folder / name)
        .read_text(encoding="utf-8")
        .replace(f"{REPOSITORY}/", f"{repository}/")
        .replace(f"@{REF}\n", f"@{ref}\n")
        for name in WORKFLOWS
    }
