"""Runs the pipeline that `pxm init --gitlab` writes: rules, needs, scripts in bash, artifacts.

What GitLab itself does (check out, keep and hand on artifacts, hide protected variables, hold a
manual job) is done here; every line of a `script:` runs as it stands in the file.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml

from reconciler.sandbox import Options, Sandbox
from reconciler.starter import PIPELINE, gitlab_pipeline
from tests.ci.inprocess import answering
from tests.ci.lab import FORK, PROJECT, TOKEN, Lab, serving
from tests.ci.team import CATALOG, FAST
from tests.ci.workflows import git

_TERM = re.compile(r'(\$\w+)\s*(==|!=)\s*(\$\w+|"[^"]*")')
_WORDS = {
    "variables", "default", "workflow", "rules", "needs", "script", "artifacts", "resource_group",
    "environment",
}  # fmt: skip
"""What of GitLab's language this understands; a pipeline with more needs more here."""


@dataclass
class Done:
    """A job as it ended: success, failed, or manual; with what it left."""

    result: str
    log: str = ""
    artifacts: bytes = b""
    dotenv: dict[str, str] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        if not self.artifacts:
            return {}
        with zipfile.ZipFile(BytesIO(self.artifacts)) as archive:
            return {name: archive.read(name).decode() for name in archive.namelist()}


@dataclass
class Pipeline:
    """One pipeline: its jobs by name, those that its rules leave out are not there."""

    crew: LabTeam
    id: int
    variables: Mapping[str, str]
    sha: str
    changed: tuple[str, ...]
    jobs: dict[str, Done] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"https://gitlab.example/acme/shop/-/pipelines/{self.id}"

    @property
    def log(self) -> str:
        return "\n".join(job.log for job in self.jobs.values())

    def results(self) -> dict[str, str]:
        return {name: job.result for name, job in self.jobs.items()}

    def run(self, text: str) -> Pipeline:
        self.file = yaml.safe_load(text)
        assert any(self._holds(rule["if"]) for rule in self.file["workflow"]["rules"])
        for name, job in self.file.items():
            if "script" not in job or name in ("variables", "default", "workflow"):
                continue
            assert job.keys() <= _WORDS, job.keys() - _WORDS
            when = self._when(job["rules"])
            if when == "manual":
                self.jobs[name] = Done("manual")
            elif when:
                self._work(name, job)
        return self

    def play(self, name: str) -> None:
        """Somebody starts a manual job."""
        assert self.jobs[name].result == "manual"
        self._work(name, self.file[name])

    # --- rules ----------------------------------------------------------------------------------

    def _when(self, rules: list[Mapping[str, Any]]) -> str:
        for rule in rules:
            if self._holds(rule["if"]) and self._touches(rule.get("changes")):
                return str(rule.get("when", "on_success"))
        return ""

    def _holds(self, expression: str) -> bool:
        terms = expression.split(" && ")
        return all(self._term(term) for term in terms)

    def _term(self, term: str) -> bool:
        found = _TERM.fullmatch(term)
        assert found, term
        left, right = self._value(found[1]), self._value(found[3])
        return (left == right) == (found[2] == "==")

    def _value(self, text: str) -> str | None:
        return text.strip('"') if text.startswith('"') else self.variables.get(text[1:])

    def _touches(self, patterns: list[str] | None) -> bool:
        wanted = [pattern.replace("**/*", "*") for pattern in patterns or ()]
        hit = any(fnmatch(name, pattern) for name in self.changed for pattern in wanted)
        return patterns is None or hit

    # --- a job ----------------------------------------------------------------------------------

    def _work(self, name: str, job: Mapping[str, Any]) -> None:
        id_ = self.crew.lab.next_id()
        folder = self.crew.folder / "builds" / f"{id_}-{name}"
        place = folder / "project"
        place.mkdir(parents=True)
        git(place, "init", "--quiet")
        git(place, "remote", "add", "origin", self.crew.remote)
        git(place, "fetch", "--quiet", "origin", "+refs/*:refs/remotes/origin/*")
        git(place, "checkout", "--quiet", "--detach", self.sha)
        dotenv = self._fetched(job, place)
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"),
            **{key: str(value) for key, value in self.file["variables"].items()},
            **{key: str(value) for key, value in job.get("variables", {}).items()},
            **dotenv, **self.variables,
            "CI_JOB_URL": f"https://gitlab.example/acme/shop/-/jobs/{id_}",
        }  # fmt: skip
        script = "\n".join(["set -eo pipefail", *job["script"]])
        code, log = answering(["bash", "-c", script], folder, environment, place)
        done = Done("success" if code == 0 else "failed", log)
        self._keep(done, job.get("artifacts", {}), place)
        self.jobs[name] = done

    def _fetched(self, job: Mapping[str, Any], place: Path) -> dict[str, str]:
        dotenv: dict[str, str] = {}
        for needed in job.get("needs", []):
            done = self.jobs[needed]
            assert done.result == "success"
            for name, text in done.files().items():
                path = place / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            dotenv |= done.dotenv
        return dotenv

    def _keep(self, done: Done, wanted: Mapping[str, Any], place: Path) -> None:
        if done.result != "success" and wanted.get("when") != "always":
            return
        names = [
            path for pattern in wanted.get("paths", []) for path in _below(place, pattern.rstrip("/"))
        ]  # fmt: skip
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in names:
                archive.write(path, path.relative_to(place).as_posix())
        done.artifacts = buffer.getvalue() if names else b""
        if names:
            self.crew.lab.put_artifacts(self.id, wanted.get("name", "artifacts"), done.artifacts)
        reports = wanted.get("reports", {})
        if "dotenv" in reports and (place / reports["dotenv"]).exists():
            for line in (place / reports["dotenv"]).read_text().splitlines():
                name, _, value = line.partition("=")
                assert re.fullmatch(r"[A-Za-z0-9_]+", name), line
                done.dotenv[name] = value
        if "codequality" in reports:
            done.log += (place / reports["codequality"]).read_text()


def _below(place: Path, pattern: str) -> Iterator[Path]:
    for path in sorted(place.glob(pattern)):
        yield from [path] if path.is_file() else (x for x in sorted(path.rglob("*")) if x.is_file())


@dataclass
class LabTeam:
    """The repository on disk, the account in a sandbox, GitLab on loopback."""

    folder: Path
    lab: Lab
    sandbox: Sandbox
    secrets: dict[str, str]
    protected: dict[str, str] = field(default_factory=lambda: {"PXM_GIT_TOKEN": "glpat-git"})
    last: int = 0
    merges: int = 0

    @property
    def clone(self) -> Path:
        return self.folder / "clone"

    @property
    def remote(self) -> str:
        return f"file://{self.folder / 'remote.git'}"

    # --- the repository -------------------------------------------------------------------------

    def write(self, files: Mapping[str, str], words: str) -> str:
        for name, text in files.items():
            path = self.clone / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", "--message", words)
        return git(self.clone, "rev-parse", "HEAD")

    def push(self, files: Mapping[str, str]) -> str:
        """A commit straight on main."""
        git(self.clone, "checkout", "--quiet", "main")
        sha = self.write(files, "Pushed past review")
        git(self.clone, "push", "--quiet", "origin", "main")
        return sha

    def edited(self, old: str, new: str) -> dict[str, str]:
        """The catalog of the branch that is checked out with one text in place of another."""
        text = (self.clone / "catalog" / "catalog.yaml").read_text()
        assert old in text
        return {"catalog/catalog.yaml": text.replace(old, new)}

    def open(self, old: str, new: str, *, fork: bool = False, **files: str) -> int:
        self.last += 1
        git(self.clone, "checkout", "--quiet", "-b", f"change-{self.last}", "main")
        self.write({**self.edited(old, new), **files}, f"Change {self.last}")
        self.lab.merge_requests[self.last] = {
            "iid": self.last, "state": "opened", "merged_at": None, "target_branch": "main",
            "source_project_id": FORK if fork else PROJECT, "target_project_id": PROJECT,
            "labels": [],
        }  # fmt: skip
        self._shown(self.last)
        return self.last

    def amend(self, number: int, old: str, new: str) -> None:
        git(self.clone, "checkout", "--quiet", f"change-{number}")
        self.write(self.edited(old, new), "And again")
        self._shown(number)

    def _shown(self, number: int) -> None:
        branch = f"change-{number}"
        git(self.clone, "push", "--quiet", "--force", "origin", branch)
        sha = git(self.clone, "rev-parse", branch)
        names = git(self.clone, "diff", "--name-only", f"main...{branch}").splitlines()
        self.lab.merge_requests[number] |= {"sha": sha, "changes_count": str(len(names))}
        self.lab.diffs[number] = [{"new_path": name, "old_path": name} for name in names]
        git(self.clone, "checkout", "--quiet", "main")

    def merge(self, number: int) -> str:
        git(self.clone, "checkout", "--quiet", "main")
        git(self.clone, "merge", "--quiet", "--no-ff", "--message", "Merge", f"change-{number}")
        git(self.clone, "push", "--quiet", "origin", "main")
        sha = git(self.clone, "rev-parse", "main")
        self.merges += 1
        merged_at = f"2026-01-01T00:00:{self.merges:02d}.000Z"
        self.lab.merge_requests[number] |= {"state": "merged", "merged_at": merged_at}
        for commit in git(self.clone, "rev-list", f"{sha}^1..{sha}").split():
            self.lab.of_commit.setdefault(commit, []).append(number)
        return sha

    # --- pipelines ------------------------------------------------------------------------------

    def planned(self, number: int, sha: str = "") -> Pipeline:
        """The pipeline that a push to a merge request starts; with `sha` an older one's again."""
        known = self.lab.merge_requests[number]
        sha = sha or known["sha"]
        base = git(self.clone, "merge-base", "main", sha)
        names = git(self.clone, "diff", "--name-only", base, sha).splitlines()
        own = known["source_project_id"] == PROJECT
        variables = {
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_MERGE_REQUEST_IID": str(number),
            "CI_MERGE_REQUEST_PROJECT_ID": str(PROJECT),
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(known["source_project_id"]),
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
            **(self.secrets if own else {}),
        }
        return self._start(variables, sha, names, of=number, project=known["source_project_id"])

    def applied(self, sha: str = "") -> Pipeline:
        """The pipeline of a push to main; with `sha` that of an older one, run again."""
        sha = sha or git(self.clone, "rev-parse", "main")
        variables = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}
        names = git(self.clone, "ls-tree", "-r", "--name-only", sha).splitlines()
        return self._start({**variables, **self.secrets, **self.protected}, sha, names)

    def watched(self) -> Pipeline:
        """The nightly pipeline."""
        variables = {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}
        sha = git(self.clone, "rev-parse", "main")
        return self._start({**variables, **self.secrets, **self.protected}, sha, [])

    def _start(
        self,
        variables: Mapping[str, str],
        sha: str,
        changed: list[str],
        of: int = 0,
        project: int = PROJECT,
    ) -> Pipeline:
        id_ = self.lab.next_id()
        self.lab.pipelines.append(
            {"id": id_, "of": of, "sha": sha, "project_id": project,
             "source": variables["CI_PIPELINE_SOURCE"]}
        )  # fmt: skip
        around = {
            "GITLAB_CI": "true", "CI_API_V4_URL": f"{self.lab.url}/api/v4",
            "CI_PROJECT_ID": str(project), "CI_PROJECT_URL": "https://gitlab.example/acme/shop",
            "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_SHA": sha,
            "CI_PIPELINE_URL": f"https://gitlab.example/acme/shop/-/pipelines/{id_}",
        }  # fmt: skip
        text = git(self.clone, "show", f"{sha}:{PIPELINE}")
        return Pipeline(self, id_, {**around, **variables}, sha, tuple(changed)).run(text)

    # --- the account ----------------------------------------------------------------------------

    def names(self) -> set[str]:
        return {item["name"] for item in self.sandbox.all("collection")}

    def edit(self, old: str, new: str) -> None:
        """Somebody renames a product in the web interface."""
        (item,) = [i for i in self.sandbox.all("collection") if i["name"] == old]
        self.sandbox.edit("collection", item["id"], name=new)

    def latest(self, branch: str, path: str) -> str:
        return git(self.clone, "log", "-1", "--format=%H", f"origin/{branch}", "--", path)


@contextmanager
def lab_team(folder: Path) -> Iterator[LabTeam]:
    """A project with a catalog and the starter's pipeline; the account is empty."""
    (folder / "clone").mkdir(parents=True)
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    with serving() as lab, Sandbox(None, Options(rate_limit=None)) as sandbox:
        secrets = {
            "PXM_CLIENT_ID": "sandbox", "PXM_CLIENT_SECRET": "sandbox", "PXM_GITLAB_TOKEN": TOKEN
        }  # fmt: skip
        made = LabTeam(folder, lab, sandbox, secrets)
        lab.latest_of = made.latest
        git(made.clone, "init", "--quiet", "--initial-branch=main")
        git(made.clone, "remote", "add", "origin", made.remote)
        start = {
            "catalog/catalog.yaml": CATALOG,
            "catalog/reconciler.yaml": FAST,
            ".gitignore": ".reconciler/\n",
        }
        made.write({**start, **gitlab_pipeline(base_url=sandbox.url)}, "Start")
        git(made.clone, "push", "--quiet", "origin", "main")
        yield made
