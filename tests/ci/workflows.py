"""Runs the workflows of this repository: jobs, called workflows, the action, every `run:` step.

What GitHub's own actions do (check out, keep and fetch artifacts) is done here; everything that is
ours runs as it stands in the files, in bash, with a runner's files and variables.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml

from tests.ci.expressions import filled, holds, shown
from tests.ci.hub import REPOSITORY, Hub, zipped
from tests.ci.inprocess import answering

ROOT = Path(__file__).parents[2]
ACTION = "$/.github/actions/pxm"


def read_yaml(path: Path) -> dict[str, Any]:
    """A workflow; its key `on`, which YAML 1.1 takes for true, is `on` again."""
    found: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else str(key): value for key, value in found.items()}


@dataclass
class Event:
    """What started a run: its name, its payload, and the commit and branch at hand."""

    name: str
    payload: Mapping[str, Any]
    sha: str
    branch: str = "main"
    head_sha: str = ""
    head_repository: str = REPOSITORY


@dataclass
class Job:
    """One job of a run, as it ended: success, failure, skipped or waiting."""

    result: str
    outputs: dict[str, str] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    summary: str = ""
    log: str = ""


@dataclass
class Runs:
    """Starts workflows: a hub, the remote that is checked out, secrets and variables.

    With `real` every `pxm` is a process of its own.
    """

    hub: Hub
    remote: str
    folder: Path
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    real: bool = False

    def start(self, path: Path, event: Event) -> Run:
        number = len(self.hub.runs) + 1
        id_ = self.hub.next_id()
        self.hub.runs.append(
            {
                "id": id_,
                "run_number": number,
                "event": event.name,
                "head_sha": event.head_sha or event.sha,
                "path": f".github/workflows/{path.name}",
                "head_repository": {"full_name": event.head_repository},
            }
        )
        run = Run(self, id_, path, event)
        run.go_on()
        return run


@dataclass
class Run:
    """One run; `jobs` by name, those of called workflows as `caller/called`."""

    runs: Runs
    id: int
    path: Path
    event: Event
    jobs: dict[str, Job] = field(default_factory=dict)
    approved: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"https://github.example/{REPOSITORY}/actions/runs/{self.id}"

    @property
    def log(self) -> str:
        return "\n".join(job.log for job in self.jobs.values())

    def results(self) -> dict[str, str]:
        return {name: job.result for name, job in self.jobs.items()}

    def approve(self, environment: str) -> None:
        """Somebody looks at the jobs that wait for the environment, and lets them go."""
        self.approved.add(environment)
        self.jobs = {name: job for name, job in self.jobs.items() if job.result != "waiting"}
        self.go_on()

    def go_on(self) -> None:
        """Every job that can go now."""
        workflow = read_yaml(self.path)
        trusted = self.event.head_repository == REPOSITORY
        secrets = self.runs.secrets if trusted else {}
        contexts = {"inputs": {}, "vars": self.runs.variables, "secrets": secrets}
        for name, job in workflow["jobs"].items():
            base = self._contexts(contexts, {}, workflow)
            behind = self._behind(job)
            if behind == "waiting":
                continue
            if behind == "failed" or not holds(job.get("if", "success()"), base, failed=False):
                self.jobs.setdefault(name, Job("skipped"))
            elif "uses" in job:
                self._called(name, job, base)
            else:
                self._job(name, job, base, workflow["jobs"], job.get("permissions") or {})

    def _behind(self, job: Mapping[str, Any]) -> str:
        """Whether a job can go, by the called workflows that it needs: a job of one that waits
        holds it up, and one that went wrong has it skipped."""
        needed = job.get("needs") or []
        needed = [needed] if isinstance(needed, str) else needed
        results = {
            found.result
            for name, found in self.jobs.items()
            if name in needed or name.partition("/")[0] in needed
        }
        if "waiting" in results:
            return "waiting"
        return "failed" if "failure" in results else ""

    def _contexts(
        self, around: Mapping[str, Any], needs: Mapping[str, Any], workflow: Mapping[str, Any]
    ) -> dict[str, Any]:
        event = self.event
        github = {
            "event_name": event.name,
            "event": event.payload,
            "repository": REPOSITORY,
            "workflow": workflow.get("name"),
            "ref": f"refs/heads/{event.branch}",
            "run_id": self.id,
            "run_attempt": 1,
        }
        return {"github": github, "needs": needs, **around}

    def _called(self, name: str, job: Mapping[str, Any], base: Mapping[str, Any]) -> None:
        """The jobs of a called workflow; they may have no more permissions than the caller."""
        path = ROOT / ".github" / "workflows" / job["uses"].partition("@")[0].rpartition("/")[2]
        called = read_yaml(path)
        declared = called["on"]["workflow_call"]
        given = {**(job.get("with") or {}), **self.runs.inputs}
        unknown = given.keys() - declared["inputs"].keys()
        assert not unknown, f"{path.name} has no inputs {unknown}"
        inputs = {key: item.get("default") for key, item in declared["inputs"].items()}
        secrets = filled(job.get("secrets") or {}, base)
        assert secrets.keys() <= declared["secrets"].keys()
        around = {
            "inputs": {**inputs, **filled(given, base)},
            "vars": base["vars"],
            "secrets": {key: value for key, value in secrets.items() if value},
        }
        for inner, item in called["jobs"].items():
            _check_permissions(job["permissions"], item["permissions"], f"{name}/{inner}")
            contexts = self._contexts(around, {}, called)
            self._job(f"{name}/{inner}", item, contexts, called["jobs"], item["permissions"])

    def _job(
        self,
        name: str,
        job: Mapping[str, Any],
        contexts: dict[str, Any],
        others: Mapping[str, Any],
        permissions: Mapping[str, str],
    ) -> None:
        if name in self.jobs:
            return
        before = name.rpartition("/")[0]
        needed = job.get("needs") or []
        needed = [needed] if isinstance(needed, str) else needed
        assert set(needed) <= others.keys()
        done = {item: self.jobs[f"{before}/{item}" if before else item] for item in needed}
        if any(found.result == "waiting" for found in done.values()):
            return
        contexts["needs"] = {
            item: {"result": found.result, "outputs": found.outputs} for item, found in done.items()
        }
        failed = any(found.result not in ("success",) for found in done.values())
        if not holds(job.get("if", "success()"), contexts, failed=failed):
            self.jobs[name] = Job("skipped")
            return
        environment = filled(job.get("environment", ""), contexts)
        if environment and environment not in self.approved:
            self.jobs[name] = Job("waiting")
            return
        contexts["github"]["job"] = name.rpartition("/")[2]
        self.jobs[name] = Machine(self, name, permissions).work(job, contexts)


def _check_permissions(caller: Mapping[str, str], called: Mapping[str, str], name: str) -> None:
    for scope, level in called.items():
        has = caller.get(scope, "none")
        assert has == level or has == "write", f"{name} asks for {scope}: {level}, has {has}"


class Machine:
    """A fresh runner for one job."""

    def __init__(self, run: Run, name: str, permissions: Mapping[str, str]) -> None:
        self.run, self.runs, self.name = run, run.runs, name
        self.folder = self.runs.folder / f"{run.id}-{name.replace('/', '-')}-{uuid.uuid4().hex[:4]}"
        self.work_space, self.temp = self.folder / "work", self.folder / "temp"
        for folder in (self.work_space, self.temp):
            folder.mkdir(parents=True)
        (self.folder / "event.json").write_text(json.dumps(self.run.event.payload))
        self.token = uuid.uuid4().hex
        fork = run.event.head_repository != REPOSITORY
        self.runs.hub.tokens[self.token] = {
            scope: "read" if fork and level == "write" else level
            for scope, level in permissions.items()
        }
        self.summary = self.folder / "summary.md"
        self.log: list[str] = []
        self.names: list[str] = []

    def work(self, job: Mapping[str, Any], contexts: dict[str, Any]) -> Job:
        contexts = {
            **contexts,
            "runner": {"temp": str(self.temp), "os": "Linux"},
            "github": {**contexts["github"], "token": self.token},
        }
        failed, steps = self.steps(job["steps"], contexts, {})
        outputs = filled(job.get("outputs") or {}, {**contexts, "steps": steps})
        summary = self.summary.read_text() if self.summary.exists() else ""
        words = {key: shown(value) for key, value in outputs.items()}
        result = "failure" if failed else "success"
        # What `pytest -rP` shows as the log of the story, and pytest itself where a test fails.
        print(
            f"=== {self.run.event.name}, {self.run.path.name}, {self.name}: {result}",
            *self.log,
            sep="\n",
        )
        return Job(result, words, self.names, summary, "\n".join(self.log))

    def steps(
        self, steps: list[Mapping[str, Any]], contexts: Mapping[str, Any], env: Mapping[str, str]
    ) -> tuple[bool, dict[str, Any]]:
        """Run steps one after the other; whether one failed, and their outputs by id."""
        failed = False
        done: dict[str, Any] = {}
        for step in steps:
            around = {**contexts, "steps": done, "env": dict(env)}
            if not holds(step.get("if", "success()"), around, failed=failed):
                continue
            self.names.append(str(step.get("name", step.get("uses", "run"))))
            its_env = {
                **env,
                **{k: shown(v) for k, v in filled(step.get("env", {}), around).items()},
            }
            bad, outputs = self.step(step, around, its_env)
            failed = failed or bad
            if "id" in step:
                done[step["id"]] = {"outputs": outputs}
        return failed, done

    def step(
        self, step: Mapping[str, Any], contexts: Mapping[str, Any], env: Mapping[str, str]
    ) -> tuple[bool, dict[str, str]]:
        if "run" in step:
            assert "${{" not in step["run"], "an expression in a script"
            return self.script(step["run"], env)
        given = {
            key: shown(value) for key, value in filled(step.get("with") or {}, contexts).items()
        }
        if step["uses"] == ACTION:
            return self.composite(given, contexts, env)
        action = step["uses"].partition("@")[0]
        builtin = {
            "actions/checkout": self.check_out,
            "actions/upload-artifact": self.upload,
            "actions/download-artifact": self.download,
            "actions/setup-python": lambda _: {},
            "actions/create-github-app-token": self.app_token,
            "actions/cache/restore": self.restore,
            "actions/cache/save": self.save,
        }[action]
        return False, builtin(given) or {}

    def composite(
        self, given: Mapping[str, str], contexts: Mapping[str, Any], env: Mapping[str, str]
    ) -> tuple[bool, dict[str, str]]:
        action = read_yaml(ROOT / ".github" / "actions" / "pxm" / "action.yml")
        unknown = given.keys() - action["inputs"].keys()
        assert not unknown, f"the action has no inputs {unknown}"
        inputs = {
            name: shown(filled(item.get("default", ""), contexts))
            for name, item in action["inputs"].items()
        }
        inner = {**contexts, "inputs": {**inputs, **given}}
        inner.pop("secrets")
        failed, done = self.steps(action["runs"]["steps"], inner, env)
        outputs = {name: item["value"] for name, item in action["outputs"].items()}
        values = filled(outputs, {**inner, "steps": done})
        return failed, {name: shown(value) for name, value in values.items()}

    def script(self, text: str, env: Mapping[str, str]) -> tuple[bool, dict[str, str]]:
        output = self.folder / f"output-{uuid.uuid4().hex[:6]}"
        script = self.folder / "script.sh"
        script.write_text(text)
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        around = {**self.variables(output), **env}
        if self.runs.real:
            done = subprocess.run(
                command,
                cwd=self.work_space,
                env=around,
                capture_output=True,
                text=True,
                check=False,
            )
            code, printed = done.returncode, done.stdout + done.stderr
        else:
            code, printed = answering(command, self.folder, around, self.work_space)
        self.log.append(printed)
        said = output.read_text() if output.exists() else ""
        outputs = dict(line.split("=", 1) for line in said.splitlines())
        return code != 0, outputs

    def variables(self, output: Path) -> dict[str, str]:
        run, event = self.run, self.run.event
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.temp),
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
            "XDG_CACHE_HOME": str(self.temp / "cache"),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.runs.hub.url,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_EVENT_NAME": event.name,
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_SHA": event.sha,
            "GITHUB_REF_NAME": event.branch,
            "GITHUB_RUN_ID": str(run.id),
            "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/.github/workflows/{run.path.name}@refs/heads/main",
            "GITHUB_WORKSPACE": str(self.work_space),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_ACTION_PATH": str(ROOT / ".github" / "actions" / "pxm"),
            "RUNNER_TEMP": str(self.temp),
        }

    # --- GitHub's own actions -------------------------------------------------------------------

    def check_out(self, given: Mapping[str, str]) -> None:
        assert given.get("persist-credentials") == "false"
        depth = given.get("fetch-depth", "1")
        sha = self.run.event.sha
        wanted = ["+refs/heads/*:refs/remotes/origin/*"] if depth == "0" else [f"--depth={depth}"]
        for command in (
            ["init", "--quiet"],
            ["remote", "add", "origin", self.runs.remote],
            ["fetch", "--quiet", "origin", *reversed([sha, *wanted])],
            ["checkout", "--quiet", "--detach", sha],
        ):
            git(self.work_space, *command)

    def app_token(self, given: Mapping[str, str]) -> dict[str, str]:
        """A token of the app: with what is asked for, and nothing else."""
        assert given["client-id"]
        assert given["private-key"]
        token = uuid.uuid4().hex
        self.runs.hub.tokens[token] = {
            name.removeprefix("permission-"): level
            for name, level in given.items()
            if name.startswith("permission-")
        }
        self.runs.hub.users[token] = {"login": "acme-pxm[bot]", "type": "Bot"}
        return {"token": token}

    def upload(self, given: Mapping[str, str]) -> dict[str, str]:
        """What is kept: an archive, or with `archive: false` one file under its own name."""
        assert given["overwrite"] == "true"
        if given.get("archive") == "false":
            return self._file(given)
        files: dict[str, str] = {}
        for line in given["path"].splitlines():
            files |= dict(_files(self.work_space / line.strip()))
        if not files:
            assert given["if-no-files-found"] == "ignore", given
            return {}
        return self._kept(given["name"], zipped(files))

    def _file(self, given: Mapping[str, str]) -> dict[str, str]:
        assert "name" not in given
        folder, _, pattern = given["path"].rpartition("/")
        (found,) = (self.work_space / folder).glob(pattern)
        return self._kept(found.name, found.read_bytes())

    def _kept(self, name: str, content: bytes) -> dict[str, str]:
        made = self.runs.hub.put_artifact(self.run.id, name, content)
        return {"artifact-url": f"{self.run.url}/artifacts/{made['id']}"}

    def download(self, given: Mapping[str, str]) -> None:
        found = next(
            item
            for item in self.runs.hub.artifacts
            if (item["run"], item["name"]) == (self.run.id, given["name"])
        )
        with zipfile.ZipFile(BytesIO(found["content"])) as archive:
            archive.extractall(given["path"])

    def _cached(self, given: Mapping[str, str]) -> Path:
        """What a cache is of: the runner's own cache folder is elsewhere here."""
        assert given["path"].startswith("~/.cache/")
        return self.temp / "cache" / given["path"].removeprefix("~/.cache/")

    def restore(self, given: Mapping[str, str]) -> dict[str, str]:
        """The newest cache of a key that begins so, in a folder of its own."""
        prefix = given["restore-keys"]
        found = next((key for key in reversed(self.runs.hub.caches) if key.startswith(prefix)), "")
        if found:
            shutil.copytree(self.runs.hub.caches[found], self._cached(given))
        return {"cache-matched-key": found, "cache-hit": ""}

    def save(self, given: Mapping[str, str]) -> None:
        """Keep a folder under a new key; one that is not there is a warning on GitHub."""
        if not self._cached(given).is_dir():
            return
        kept = self.runs.folder / f"cache-{len(self.runs.hub.caches)}"
        shutil.copytree(self._cached(given), kept)
        assert given["key"] not in self.runs.hub.caches
        self.runs.hub.caches[given["key"]] = kept


def _files(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_dir():
        yield from (
            (item.relative_to(path).as_posix(), item.read_text())
            for item in sorted(path.rglob("*"))
            if item.is_file()
        )
    elif path.is_file():
        yield path.name, path.read_text()


def git(folder: Path, *arguments: str) -> str:
    """A git command; what it prints."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
           for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.com"))},
    }  # fmt: skip
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()
