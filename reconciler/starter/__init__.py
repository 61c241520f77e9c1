"""Files that `pxm init` and `pxm pull` put into a repository, as texts by their paths."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

REPOSITORY, REF = "OWNER/pxm", "REF"
"""What the workflows name in place of the repository and the commit that they are called from."""

PACKAGE, CATALOG = "PACKAGE", "catalog"
"""What the pipeline names in place of what pip installs, and the folder that all of them name."""

WORKFLOWS = ("catalog.yml", "catalog-drift.yml", "catalog-accept.yml")
PIPELINE = ".gitlab-ci.yml"
MACHINE_RULES = "AGENTS.md"
SETTINGS = "reconciler.yaml"
_SCHEMA = "../.reconciler/settings.schema.json"


def example(catalog: str = CATALOG) -> dict[str, str]:
    """The files of a small catalog, its settings among them, under the folder of that name."""
    return dict(_tree(_files() / "catalog", catalog))


def settings(schema: str = _SCHEMA) -> str:
    """The settings of the example, with its limits; `schema` is what their first line names."""
    text = (_files() / "catalog" / SETTINGS).read_text("utf-8")
    return text.replace(f"$schema={_SCHEMA}\n", f"$schema={schema}\n")


def with_environment(text: str, name: str, state: str) -> str:
    """Settings that also say where the state of their one account is kept."""
    return (
        f"{text}\n# The account, and where its state is kept:\n"
        f'environments:\n  {name}: {{state: "{state}"}}\n'
    )


def github_workflows(
    repository: str = REPOSITORY,
    ref: str = REF,
    catalog: str = CATALOG,
    environment: str = "",
    base_url: str = "",
) -> dict[str, str]:
    """The small callers of our workflows: the path in the repository, and the text.

    `repository` is `owner/name` of this program, `ref` the commit of the version to pin;
    `base_url` is another API than the service's.
    """
    given = {"catalog": catalog if catalog != CATALOG else "", "env": environment}
    given |= {"base-url": f'"{base_url}"' if base_url else ""}
    inputs = ", ".join(f"{name}: {value}" for name, value in given.items() if value)
    pinned = f"@{ref}\n" + (f"    with: {{{inputs}}}\n" if inputs else "")
    made = {}
    for name in WORKFLOWS:
        text = (_files() / "github" / name).read_text("utf-8")
        text = text.replace(f"{REPOSITORY}/", f"{repository}/").replace(f"@{REF}\n", pinned)
        made[f".github/workflows/{name}"] = text.replace(f'"{CATALOG}/**"', f'"{catalog}/**"')
    return made


def gitlab_pipeline(
    package: str = PACKAGE,
    catalog: str = CATALOG,
    environment: str = "",
    state: str = "git:",
    base_url: str = "",
) -> dict[str, str]:
    """A pipeline for GitLab: its path and text.  `package` is what pip installs; without `state`
    the environment says where it is."""
    text = (_files() / "gitlab" / "gitlab-ci.yml").read_text("utf-8")
    text = text.replace(f'"{PACKAGE}"', f'"{package}"').replace(f'"{CATALOG}/**', f'"{catalog}/**')
    given = {"PXM_CATALOG": catalog, "PXM_ENV": environment, "PXM_STATE": state}
    given |= {"PXM_BASE_URL": base_url}
    lines = "".join(f'  {name}: "{value}"\n' for name, value in given.items() if value)
    said = f'  PXM_CATALOG: "{CATALOG}"\n  PXM_STATE: "git:"\n'
    text = text.replace(said, lines)
    if environment:
        # By this name the plan of this account is found again.
        text = text.replace("    name: pxm-plan\n", f"    name: pxm-plan-{environment}\n")
    return {PIPELINE: text}


def machine_rules(catalog: str = CATALOG) -> dict[str, str]:
    """A page of rules for whoever edits the catalog by machine: its path and text."""
    text = (_files() / MACHINE_RULES).read_text("utf-8")
    return {MACHINE_RULES: text.replace(f"`{CATALOG}/", f"`{catalog}/")}


def _files() -> Traversable:
    return resources.files("reconciler.starter")


def _tree(source: Traversable, target: str) -> Iterator[tuple[str, str]]:
    for item in sorted(source.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _tree(item, f"{target}/{item.name}")
        elif item.name.endswith((".yaml", ".yml")):
            yield f"{target}/{item.name}", item.read_text("utf-8")
