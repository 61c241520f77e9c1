"""`pxm init` and `pxm fmt` as commands."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reconciler import __version__
from reconciler.cli import run
from reconciler.cli.initcommand.source import Source, installed_from, source_of
from reconciler.errors import UsageError
from reconciler.sandbox import Options, Sandbox
from reconciler.starter import WORKFLOWS


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_starter_catalog_validates_plans_and_applies(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "shop", "--github"]) == 0
    assert (root / "shop" / ".gitignore").read_text() == ".reconciler/\n"
    assert "by shop/.reconciler/catalog.schema.json: see `pxm schema`." in capsys.readouterr().out
    here = ["--catalog", "shop/catalog", "--sandbox-db", "s.db"]

    assert run([*here, "validate"]) == 0
    assert run([*here, "fmt", "--check"]) == 0
    assert run([*here, "apply", "--yes"]) == 0
    assert run([*here, "plan", "--detailed-exitcode"]) == 0
    workflows = root / "shop" / ".github" / "workflows"
    assert sorted(x.name for x in workflows.iterdir()) == sorted(WORKFLOWS)
    assert all(yaml.safe_load(x.read_text())["jobs"] for x in workflows.iterdir())


def test_beside_a_catalog_only_what_surrounds_it_is_written(root: Path) -> None:
    (root / "catalog").mkdir()
    (root / "catalog" / "mine.yaml").write_text("categories: []\n")

    assert run(["init", "--github", "--agents"]) == 0
    assert [x.name for x in (root / "catalog").iterdir()] == ["mine.yaml"]
    assert (root / "AGENTS.md").is_file()
    assert (root / ".github" / "workflows" / "catalog.yml").is_file()


def test_a_second_init_is_no_error_and_writes_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "--github"]) == 0
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    capsys.readouterr()

    assert run(["init", "--github"]) == 0
    assert "All of it is there already" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_a_file_that_differs_is_shown_and_left_unless_it_is_named(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "--github"]) == 0
    mine = root / ".github" / "workflows" / "catalog.yml"
    text = mine.read_text()
    mine.write_text(text.replace("branches: [main]", "branches: [trunk]"))
    (root / ".github" / "workflows" / "catalog-drift.yml").unlink()
    capsys.readouterr()

    assert run(["init", "--github"]) == 1
    shown = capsys.readouterr()
    assert "-    branches: [trunk]\n+    branches: [main]\n" in shown.out
    assert "--force FILE writes over it" in shown.err
    assert "trunk" in mine.read_text()
    assert (root / ".github" / "workflows" / "catalog-drift.yml").is_file()
    assert run(["init", "--github", "--force", ".github/workflows/catalog.yml"]) == 0
    assert mine.read_text() == text
    assert run(["init", "--force", "README.md"]) == 1
    assert "--force README.md: not a file that this would write" in capsys.readouterr().err


def test_the_callers_are_filled_in(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--catalog", "shop/goods", "--state", "git:upstream"]
    options += ["--base-url", "https://pxm.example"]
    assert run([*options, "init", "--github", "--repository", "acme/pxm@1a2b3c"]) == 0

    out = capsys.readouterr().out
    texts = [x.read_text() for x in (root / ".github" / "workflows").iterdir()]
    assert not any("OWNER" in text or "@REF" in text for text in texts)
    assert all(
        '{catalog: shop/goods, env: production, base-url: "https://pxm.example"}' in text
        for text in texts
    )
    assert any('paths: ["shop/goods/**"' in text for text in texts)
    assert "OWNER" not in out
    settings = yaml.safe_load((root / "shop" / "goods" / "reconciler.yaml").read_text())
    assert settings["environments"] == {"production": {"state": "git:upstream"}}
    assert settings["limits"]["deletes"] == 10
    assert run(["--catalog", "shop/goods", "validate"]) == 0
    assert run(["--catalog", "shop/goods", "fmt", "--check"]) == 0


def test_the_commands_to_paste_are_shell_that_says_what_it_says(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stand-in for GitHub's command line writes down what it was called with."""
    gh = root / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(
        '#!/bin/bash\n[ "$1 $2" = "api user" ] && { echo 42; exit; }\n'
        '{ printf "%s|" "$@"; [ "$1" = secret ] && cat; echo; } >> calls\n'
    )
    gh.chmod(0o755)
    assert run(["init", "--github", "--repository", "acme/pxm@1a2b3c"]) == 0
    out = capsys.readouterr().out
    pasted = out[out.index("  printf") : out.index("Then open")]
    env = {"PATH": f"{gh.parent}:/usr/bin:/bin", "PXM_CLIENT_ID": "i d", "PXM_CLIENT_SECRET": "$x"}

    subprocess.run(["bash", "-ec", pasted], cwd=root, env=env, check=True)
    assert (root / "calls").read_text().splitlines() == [
        "secret|set|PXM_CLIENT_ID|i d",
        "secret|set|PXM_CLIENT_SECRET|$x",
        "api|--silent|-X|PUT|repos/{owner}/{repo}/environments/pxm-approval|"
        "-F|reviewers[][type]=User|-F|reviewers[][id]=42|",
        "api|--silent|-X|PUT|repos/{owner}/{repo}/branches/main/protection|"
        "-F|required_status_checks[strict]=false|"
        "-F|required_status_checks[contexts][]=plan / Plan|"
        "-F|required_pull_request_reviews[required_approving_review_count]=1|"
        "-F|enforce_admins=null|-F|restrictions=null|",
    ]


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/acme/pxm", "acme/pxm"),
        ("https://github.com/acme/pxm.git", "acme/pxm"),
        ("ssh://git@github.com/acme/pxm.git", "acme/pxm"),
        ("file:///home/me/pxm", ""),
    ],
)
def test_the_repository_is_known_from_where_it_was_installed(url: str, repository: str) -> None:
    said = {"url": url, "vcs_info": {"vcs": "git", "commit_id": "a" * 40}}
    found = installed_from(json.dumps(said))
    assert found.known == bool(repository)
    if repository:
        assert (found.repository, found.ref) == (repository, "a" * 40)
        assert found.package == f"git+https://github.com/acme/pxm@{'a' * 40}"


@pytest.mark.parametrize("text", [None, "", "[]", '{"url": "x"}', '{"vcs_info": {}}', "{"])
def test_an_install_from_elsewhere_leaves_the_placeholders(text: str | None) -> None:
    assert installed_from(text) == Source()


def test_the_commit_of_a_version_is_asked_of_the_server(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = root / "hub" / "acme" / "pxm"
    hub.mkdir(parents=True)
    for words in (
        ("init", "--quiet"),
        ("-c", "user.name=A", "-c", "user.email=a@b", "commit", "--allow-empty", "-qm", "one"),
        ("-c", "user.name=A", "-c", "user.email=a@b", "tag", "-m", "x", f"v{__version__}"),
    ):
        subprocess.run(["git", *words], cwd=hub, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hub, capture_output=True, check=True)
    monkeypatch.setenv("GITHUB_SERVER_URL", f"file://{root}/hub")

    assert source_of("acme/pxm").ref == head.stdout.decode().strip()
    assert source_of("acme/other").ref == "REF"
    with pytest.raises(UsageError, match="no repository"):
        source_of("acme")


def test_an_account_is_pulled_with_its_state_in_the_repository(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = root / "shop"
    for words in (("init", "-q", "--bare", "remote.git"), ("clone", "-q", "remote.git", "shop")):
        subprocess.run(["git", *words], cwd=root, check=True)
    with Sandbox(None, Options(rate_limit=None)) as sandbox:
        sandbox.ensure_object("category", None, name="Jackets")
        options = ["--base-url", sandbox.url, "init", "shop", "--account", "--github"]
        for name in ("PXM_CLIENT_ID", "PXM_CLIENT_SECRET"):
            monkeypatch.delenv(name, raising=False)
        assert run(options) == 1
        assert "no credentials" in capsys.readouterr().err
        assert [x.name for x in shop.iterdir()] == [".git"]

        for name in ("PXM_CLIENT_ID", "PXM_CLIENT_SECRET"):
            monkeypatch.setenv(name, "sandbox")
        assert run(options) == 0
        assert run(options) == 0
        monkeypatch.chdir(shop)
        assert run(["--base-url", sandbox.url, "plan", "--detailed-exitcode"]) == 0
    texts = {x.name: x.read_text() for x in (shop / "catalog").iterdir()}
    assert sorted(texts) == ["categories.yaml", "reconciler.yaml"]
    assert 'production: {state: "git:"}' in texts["reconciler.yaml"]
    refs = subprocess.run(["git", "ls-remote"], cwd=shop, capture_output=True, check=True)
    assert b"refs/reconciler/state" in refs.stdout
    assert not (root / ".reconciler" / "state.db").exists()


def test_two_services_are_not_written_at_once(root: Path) -> None:
    assert run(["init", "--github", "--gitlab"]) == 1
    assert run(["init", "--repository", "a/b"]) == 1
    assert run(["--catalog", "/tmp/x", "init"]) == 1
    assert not list(root.iterdir())


def test_of_several_environments_one_is_named(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init"]) == 0
    settings = root / "catalog" / "reconciler.yaml"
    settings.write_text("environments: {north: {state: 'git:'}, south: {state: 'git:x'}}\n")

    assert run(["init", "--github"]) == 1
    assert "--env NAME" in capsys.readouterr().err
    assert run(["--env", "south", "init", "--github"]) == 0
    assert "with: {env: south}" in (root / ".github" / "workflows" / "catalog.yml").read_text()


def test_a_gitignore_that_is_there_gains_a_line(root: Path) -> None:
    (root / ".gitignore").write_text("*.log")

    assert run(["init"]) == 0
    assert (root / ".gitignore").read_text() == "*.log\n.reconciler/\n"


def test_the_pipeline_for_gitlab_fits_gitlabs_schema(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its jobs run in `tests/ci/test_ci_gitlab_story.py`."""
    assert run(["init", "--gitlab", "--repository", "acme/pxm@1a2b3c"]) == 0
    said = capsys.readouterr().out
    assert "glab variable set PXM_GITLAB_TOKEN --masked && " in said
    assert "glab variable set PXM_GIT_TOKEN --masked --protected\n" in said
    assert "Protect the environment `pxm-approval`" in said
    path = root / ".gitlab-ci.yml"
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
    subprocess.run([*checker, "--data-transform", "gitlab-ci", str(path)], check=True)
    variables = yaml.safe_load(path.read_text())["variables"]
    assert variables["PXM_PACKAGE"] == "git+https://github.com/acme/pxm@1a2b3c"


def test_the_pipeline_names_the_plans_of_an_environment(root: Path) -> None:
    assert run(["init"]) == 0
    settings = root / "catalog" / "reconciler.yaml"
    settings.write_text("environments: {north: {state: 'git:'}}\n")
    assert run(["--env", "north", "init", "--gitlab", "--repository", "acme/pxm@1a2b3c"]) == 0
    pipeline = yaml.safe_load((root / ".gitlab-ci.yml").read_text())
    assert pipeline["plan"]["artifacts"]["name"] == "pxm-plan-north"
    assert pipeline["variables"]["PXM_ENV"] == "north"


def test_fmt_changes_files_and_check_only_names_them(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "catalog" / "sub").mkdir(parents=True)
    ugly = root / "catalog" / "sub" / "a.yaml"
    ugly.write_text("categories:\n- name: A\n  key: a\n")
    ugly.chmod(0o640)
    (root / "catalog" / ".hidden.yaml").write_text("a:   1\n")
    tidy = "categories:\n  - key: a\n    name: A\n"

    assert run(["fmt", "--check"]) == 1
    assert (
        capsys.readouterr().out
        == "catalog/sub/a.yaml: would be changed\n1 file would be changed, 0 left as they are.\n"
    )
    assert run(["fmt"]) == 0
    assert (
        capsys.readouterr().out
        == "catalog/sub/a.yaml: formatted\n1 file formatted, 0 left as they are.\n"
    )
    assert ugly.read_text() == tidy
    assert ugly.stat().st_mode & 0o777 == 0o640
    assert run(["fmt", "--check", "catalog/sub/a.yaml"]) == 0


def test_fmt_leaves_a_broken_file_and_does_the_others(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "catalog").mkdir()
    (root / "catalog" / "a.yaml").write_text("a: [1\n")
    (root / "catalog" / "b.yaml").write_text("b:   1\n")
    (root / "catalog" / "c.yaml").symlink_to("b.yaml")

    assert run(["fmt"]) == 1
    assert (
        "catalog/a.yaml:1:4: error: the list that opens here is not closed"
        in capsys.readouterr().err
    )
    assert (root / "catalog" / "b.yaml").read_text() == "b: 1\n"
    assert run(["fmt", "catalog/c.yaml"]) == 1
    assert run(["fmt", "nowhere.yaml"]) == 1
    assert "nowhere.yaml does not exist" in capsys.readouterr().err


def test_fmt_diff_shows_what_would_change_and_changes_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "catalog").mkdir()
    ugly = root / "catalog" / "a.yaml"
    ugly.write_text("categories:\n- key: a\n  name: A")

    assert run(["fmt", "--diff"]) == 1
    printed = capsys.readouterr()
    assert printed.out == (
        "--- a/catalog/a.yaml\n+++ b/catalog/a.yaml\n@@ -1,3 +1,3 @@\n categories:\n"
        "-- key: a\n-  name: A\n\\ No newline at end of file\n+  - key: a\n+    name: A\n"
    )
    assert printed.err.endswith("1 file would be changed, 0 left as they are.\n")
    assert ugly.read_text() == "categories:\n- key: a\n  name: A"
    assert run(["fmt"]) == 0
    assert run(["fmt", "--diff"]) == 0


def piped(text: str, *options: str) -> tuple[int, str, str]:
    """`pxm fmt -` as an editor runs it: exit code, standard output, standard error."""
    command = [sys.executable, "-m", "reconciler", "fmt", "-", *options]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_a_pipe_is_formatted_or_left_with_its_problems() -> None:
    text = "collections:\n- name: Größe\n  key: a\n"
    tidy = "collections:\n  - key: a\n    name: Größe\n"

    assert piped(text) == (0, tidy, "")
    assert piped("limits: {deletes: 3}\nprune: never\n")[1].startswith("prune: never\n")
    code, out, err = piped("a: [1\n")
    assert (code, out) == (1, "")
    assert err.startswith("<stdin>:1:4: error: the list that opens here")
    assert piped(text, "--check") == (1, "", "")
    assert piped(tidy, "--check") == (0, "", "")
    assert piped(text, "--diff")[1].startswith("--- a/<stdin>\n+++ b/<stdin>\n")
    assert piped(text, "a.yaml")[0] == 1
