"""A team with a repository, an account and our workflows: opens, pushes and merges."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.sandbox import Options, Sandbox
from reconciler.starter import github_workflows
from tests.ci.hub import FORK, REPOSITORY, Hub, serving
from tests.ci.inprocess import answering
from tests.ci.workflows import Event, Run, Runs, git

FAST = "rate: {requests: 100000, per_seconds: 60}\n"
CATALOG = """\
categories:
  - {key: jackets, name: Jackets}
collections:
  - {key: rain, name: Rain Jacket, category: jackets}
  - {key: hail, name: Hail Jacket, category: jackets}
  - {key: snow, name: Snow Jacket, category: jackets}
  - {key: wind, name: Wind Jacket, category: jackets}
"""
PLANNED = ("plan/validate", "plan/plan")


@dataclass
class Pull:
    """A pull request: its branch in the author's clone, and whether it comes from a fork."""

    number: int
    branch: str
    fork: bool = False


@dataclass
class Team:
    """The repository on disk, the account in a sandbox, GitHub on loopback."""

    folder: Path
    hub: Hub
    sandbox: Sandbox
    runs: Runs
    last: int = 0
    clock: int = 0

    @property
    def clone(self) -> Path:
        return self.folder / "clone"

    # --- the repository -------------------------------------------------------------------------

    def write(self, files: Mapping[str, str | None], words: str) -> str:
        """A commit on the branch that is checked out; None deletes a file.  Answers its hash."""
        for name, text in files.items():
            path = self.clone / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text, encoding="utf-8")
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", "--message", words)
        return git(self.clone, "rev-parse", "HEAD")

    def catalog(self) -> str:
        return (self.clone / "catalog" / "catalog.yaml").read_text()

    def edited(self, old: str, new: str) -> dict[str, str | None]:
        """The catalog with one text in place of another."""
        git(self.clone, "checkout", "--quiet", "main")
        text = self.catalog()
        assert old in text
        return {"catalog/catalog.yaml": text.replace(old, new)}

    def open(self, files: Mapping[str, str | None], *, fork: bool = False) -> Pull:
        self.last += 1
        pull = Pull(self.last, f"pull-{self.last}", fork)
        git(self.clone, "checkout", "--quiet", "-b", pull.branch, "main")
        self.write(files, f"Change {pull.number}")
        self.hub.pulls[pull.number] = {
            "number": pull.number,
            "merged_at": None,
            "base": {"ref": "main"},
            "user": {"login": "visitor" if fork else "ada"},
            "head": {"repo": {"full_name": FORK if fork else REPOSITORY}},
        }
        self._shown(pull)
        return pull

    def push(self, pull: Pull, files: Mapping[str, str | None]) -> None:
        git(self.clone, "checkout", "--quiet", pull.branch)
        self.write(files, f"Change {pull.number} again")
        self._shown(pull)

    def _shown(self, pull: Pull) -> None:
        """The branch on the remote, with GitHub's merge of it into main."""
        sha = git(self.clone, "rev-parse", pull.branch)
        self.hub.pulls[pull.number]["head"]["sha"] = sha
        names = git(self.clone, "diff", "--name-only", f"main...{pull.branch}").splitlines()
        self.hub.files[pull.number] = [{"filename": name} for name in names]
        git(self.clone, "checkout", "--quiet", "--detach", "main")
        git(self.clone, "merge", "--quiet", "--no-ff", "--message", "Merge", pull.branch)
        refs = [f"{sha}:refs/pull/{pull.number}/head", f"HEAD:refs/pull/{pull.number}/merge"]
        git(self.clone, "push", "--quiet", "--force", "origin", *refs)
        self.hub.pulls[pull.number]["merge"] = git(self.clone, "rev-parse", "HEAD")
        git(self.clone, "checkout", "--quiet", "main")

    def merge(self, pull: Pull) -> str:
        git(self.clone, "checkout", "--quiet", "main")
        git(self.clone, "merge", "--quiet", "--no-ff", "--message", "Merge", pull.branch)
        git(self.clone, "push", "--quiet", "origin", "main")
        sha = git(self.clone, "rev-parse", "main")
        self.clock += 1
        self.hub.pulls[pull.number]["merged_at"] = f"2026-01-01T00:00:{self.clock:02d}Z"
        for commit in git(self.clone, "rev-list", f"{sha}^1..{sha}").split():
            self.hub.pulls_of.setdefault(commit, []).append(pull.number)
        return sha

    # --- runs -----------------------------------------------------------------------------------

    def planned(
        self, pull: Pull, path: Path | None = None, known: Mapping[str, Any] | None = None
    ) -> Run:
        """The run that a new push to a pull request starts; with `known` that of an older one,
        run again: what GitHub knew of the pull request then."""
        known = known or self.hub.pulls[pull.number]
        payload = {"pull_request": {**known, "base": {"ref": "main"}}}
        event = Event(
            "pull_request", payload, known["merge"], f"{pull.number}/merge",
            head_sha=known["head"]["sha"], head_repository=FORK if pull.fork else REPOSITORY,
        )  # fmt: skip
        return self.runs.start(path or self._caller("catalog.yml"), event)

    def applied(self, path: Path | None = None, sha: str = "main") -> Run:
        """The run that a push to main starts; with `sha` that of an older one, run again."""
        event = Event("push", {}, git(self.clone, "rev-parse", sha))
        return self.runs.start(path or self._caller("catalog.yml"), event)

    def watched(self, sha: str = "main") -> Run:
        """The nightly run; with `sha` that of an older night, run again."""
        sha = git(self.clone, "rev-parse", sha)
        return self.runs.start(self._caller("catalog-drift.yml"), Event("schedule", {}, sha))

    def asked(
        self, text: str, login: str = "ada", *, issue: Mapping[str, Any] | None = None,
        action: str = "created", id_: int = 0,
    ) -> Run:  # fmt: skip
        """The run that a comment on the drift issue starts; with `id_` that of one, run again."""
        issue = issue or self.hub.issues[-1]
        comment = {"id": id_ or self.hub.next_id(), "body": text,
                   "user": {"login": login, "type": "User"}}  # fmt: skip
        shown = {**issue, "labels": [{"name": name} for name in issue["labels"]]}
        payload = {"action": action, "issue": shown, "comment": comment}
        event = Event("issue_comment", payload, git(self.clone, "rev-parse", "main"))
        return self.runs.start(self._caller("catalog-accept.yml"), event)

    def dispatched(self, objects: str, login: str = "ada") -> Run:
        """The run that somebody starts by hand to take objects over."""
        payload = {"inputs": {"objects": objects}, "sender": {"login": login, "type": "User"}}
        event = Event("workflow_dispatch", payload, git(self.clone, "rev-parse", "main"))
        return self.runs.start(self._caller("catalog-accept.yml"), event)

    def taken(self, number: int) -> Pull:
        """A pull request that a workflow opened, fetched from the remote."""
        pull = Pull(number, self.hub.pulls[number]["head"]["ref"])
        git(self.clone, "fetch", "--quiet", "origin", f"{pull.branch}:{pull.branch}")
        self._shown(pull)
        return pull

    def branches(self) -> dict[str, str]:
        """The branches of the remote, with their commits."""
        form = "--format=%(refname:short) %(objectname)"
        lines = git(self.folder / "remote.git", "for-each-ref", form, "refs/heads").splitlines()
        return dict(line.split(" ") for line in lines)

    def _caller(self, name: str) -> Path:
        return self.clone / ".github" / "workflows" / name

    def begin(self) -> None:
        """The first apply, by hand: what a team does that had the program before the workflows."""
        (self.folder / "by-hand").mkdir()
        environment = {
            "PATH": os.environ["PATH"],
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "PXM_STATE": "git:",
            "PXM_BASE_URL": self.sandbox.url,
            **self.runs.secrets,
        }
        command = ["bash", "-c", "pxm apply --yes"]
        code, said = answering(command, self.folder / "by-hand", environment, self.clone)
        assert code == 0, said

    # --- the account ----------------------------------------------------------------------------

    def names(self) -> set[str]:
        return {item["name"] for item in self.sandbox.all("collection")}

    def edit(self, old: str, new: str) -> None:
        """Somebody renames a product in the web interface."""
        (item,) = [i for i in self.sandbox.all("collection") if i["name"] == old]
        self.sandbox.edit("collection", item["id"], name=new)

    def state(self) -> str:
        """The last commit of the state's history, in words."""
        return git(self.folder / "remote.git", "log", "-1", "--format=%s", "refs/reconciler/state")

    def latest(self, branch: str, path: str) -> str:
        """What GitHub answers for the newest commit of a branch that touches a path."""
        return git(self.clone, "log", "-1", "--format=%H", f"origin/{branch}", "--", path)

    def status(self, base: str, head: str) -> str:
        """What GitHub answers for how two commits stand to each other."""
        first = git(self.clone, "merge-base", base, head)
        return "ahead" if first == base else "behind" if first == head else "diverged"


@contextmanager
def team(folder: Path, *, catalog: bool = True, **variables: str) -> Iterator[Team]:
    """A repository with a catalog and the starter's workflows; the account is empty."""
    (folder / "clone").mkdir(parents=True)
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    git(folder / "remote.git", "config", "uploadpack.allowAnySHA1InWant", "true")
    remote = f"file://{folder / 'remote.git'}"
    with serving() as hub, Sandbox(None, Options(rate_limit=None)) as sandbox:
        runs = Runs(
            hub,
            remote,
            folder / "runners",
            secrets={"PXM_CLIENT_ID": "sandbox", "PXM_CLIENT_SECRET": "sandbox"},
            variables=variables,
            inputs={"version": "installed", "base-url": sandbox.url},
        )
        made = Team(folder, hub, sandbox, runs)
        hub.latest_of, hub.status_of = made.latest, made.status
        hub.branches = made.branches
        hub.permissions["ada"] = "write"
        git(made.clone, "init", "--quiet", "--initial-branch=main")
        git(made.clone, "remote", "add", "origin", remote)
        start = {
            "catalog/catalog.yaml": CATALOG,
            "catalog/reconciler.yaml": FAST,
            ".gitignore": ".reconciler/\n",
        }
        start = start if catalog else {}
        made.write({**start, **github_workflows()}, "Start")
        git(made.clone, "push", "--quiet", "origin", "main")
        yield made
