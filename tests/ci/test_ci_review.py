"""What a comment leads to, the page, the labels, and what became of a merge (contract 8.4)."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli import run
from reconciler.model import Account, Change, FieldChange, Place, Plan, Ref
from reconciler.normalize import content
from reconciler.reports import github as words
from reconciler.reports.planjson import plan_json
from tests.ci.hub import REPOSITORY, Hub, serving
from tests.ci.workflows import git

HERE = Account("https://pxm.example", frozenset({"r1"}), "me")
OLD = b"\x89PNG\r\n\x1a\n an old picture"
NEW = b"\x89PNG\r\n\x1a\n a new picture, which is larger"
DIGEST = hashlib.sha256(NEW).hexdigest()
CONTENT = FieldChange("content", content(None, len(OLD)), content(DIGEST, len(NEW)))
HERO = Change(
    "update",
    Ref("file", "hero"),
    "f 1",
    "hero.png",
    Place("some files.yaml", 3),
    (CONTENT,),
    upload="x",
    inside="assets/hero 1.png",
    sent={"file_name": "hero.png", "content": CONTENT.after},
)
RAIN = Change(
    "update",
    Ref("collection", "rain"),
    "c/1",
    "Rain [x](http://evil.example)",
    Place("a.yaml", 7),
    (FieldChange("name", "A", "B"),),
)
PLAN = Plan(HERE, (HERO, RAIN), web="https://web.example/{kind}/{id}")
REFUSED = replace(PLAN, refusals=("11 deletes, the limit is 10",))
DELETES = Plan(HERE, (Change("delete", Ref("category", "old"), "1", "Old", None),))


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A job on a pull request whose two commits hold two pictures under one name."""
    repository = tmp_path / "repository"
    assets = repository / "shop" / "catalog" / "assets"
    assets.mkdir(parents=True)
    git(repository, "init", "--quiet")
    for data in (OLD, NEW):
        (assets / "hero 1.png").write_bytes(data)
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "--message", "picture")
    base, head = (git(repository, "rev-parse", name) for name in ("HEAD^", "HEAD"))
    pull = {"number": 7, "head": {"sha": head}, "base": {"sha": base}}
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": pull}))
    monkeypatch.chdir(repository / "shop")
    with serving() as hub:
        hub.tokens["t"] = {"pull-requests": "write"}
        hub.pulls[7] = {"number": 7, "merged_at": None, "head": {"sha": head}}
        for name, value in {
            "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": hub.url, "GITHUB_TOKEN": "t",
            "GITHUB_SERVER_URL": "https://github.example", "GITHUB_RUN_ID": "5",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"), "GITHUB_SHA": head,
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        Path("plan.json").write_text(plan_json(PLAN, "0.1.0"))
        yield hub


def commits(hub: Hub) -> tuple[str, str]:
    head = hub.pulls[7]["head"]["sha"]
    return git(Path(), "rev-parse", f"{head}^"), head


def test_objects_lead_to_their_lines_and_pages_and_pictures_show_both_sides(job: Hub) -> None:
    assert run(["ci", "comment", "plan.json", "--page", "https://github.example/page/1"]) == 0
    base, head = commits(job)
    (body,) = job.bodies(7)
    blob = "https://github.example/acme/catalog/blob"
    assert (
        f"- **[`Rain [x](http://evil.example)`]({blob}/{head}/shop/catalog/a.yaml#L7)** "
        "[↗](https://web.example/collection/c%2F1): Name: `A` → `B`\n" in body
    )
    assert f"({blob}/{head}/shop/catalog/some%20files.yaml#L3)" in body
    for commit, when in ((base, "before"), (head, "after")):
        source = f"{blob}/{commit}/shop/catalog/assets/hero%201.png?raw=true"
        assert f'<img src="{source}" height="96" alt="{when}: hero 1.png">' in body
    assert "All of it in full: [the page](https://github.example/page/1)." in body
    assert "**Merging applies this plan**" in body
    assert "push a commit or re-run the jobs of that run" in body


def test_a_picture_that_the_account_had_otherwise_has_no_before(job: Hub) -> None:
    theirs = replace(CONTENT, before=content(None, 12345))
    plan = replace(PLAN, changes=(replace(HERO, fields=(theirs,)),))
    Path("plan.json").write_text(plan_json(plan, "0.1.0"))
    assert run(["ci", "comment", "plan.json"]) == 0
    (body,) = job.bodies(7)
    assert body.count("<img ") == 1
    assert 'alt="after: hero 1.png"' in body


def test_the_page_embeds_the_pictures_and_loads_nothing(job: Hub) -> None:
    assert run(["ci", "page", "plan.json", "--out", "made/page.html"]) == 0
    page = Path("made/page.html").read_text()
    for data in (OLD, NEW):
        assert f"data:image/png;base64,{base64.b64encode(data).decode()}" in page
    assert f"/blob/{commits(job)[1]}/shop/catalog/a.yaml#L7" in page
    assert "img-src data:;" in page


def test_the_page_shows_a_product_with_the_pictures_of_both_commits(job: Hub) -> None:
    assert job.calls == []
    Path("catalog/a.yaml").write_text(
        "categories: [{key: c, name: C}]\n"
        f"collections: [{{key: {RAIN.ref.key}, name: B, category: c}}]\n"
        "files:\n"
        f"  - {{key: {HERO.ref.key}, path: assets/hero 1.png, file_name: hero.png, "
        f"collections: [{RAIN.ref.key}]}}\n"
    )
    assert run(["ci", "page", "plan.json", "--out", "page.html"]) == 0
    page = Path("page.html").read_text()
    assert "1 product as a shop would show it" in page
    for data in (OLD, NEW):
        source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
        assert page.count(source) == 2, "at the file, and on a side of the card"


def test_what_is_no_picture_inside_is_not_embedded(job: Hub) -> None:
    assert job.calls == []
    Path("catalog/assets/hero 1.png").write_bytes(b"<script>")
    digest = hashlib.sha256(b"<script>").hexdigest()
    sent = {"content": content(digest, 8)}
    Path("plan.json").write_text(plan_json(Plan(HERE, (replace(HERO, sent=sent),)), "0.1.0"))
    assert run(["ci", "page", "plan.json", "--out", "page.html"]) == 0
    assert Path("page.html").read_text().count("data:image") == 1


def test_without_a_repository_there_is_a_page_and_a_comment_all_the_same(
    job: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = Path("plan.json").read_text()
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "catalog").mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    Path("plan.json").write_text(text)
    assert run(["ci", "comment", "plan.json"]) == 0
    assert run(["ci", "page", "plan.json", "--out", "page.html"]) == 0
    assert "<img" not in job.bodies(7)[0]


# --- labels -------------------------------------------------------------------------------------


def labelled(hub: Hub, plan: Plan | None, *more: str) -> list[str]:
    """The labels of the pull request once its plan is told."""
    Path("plan.json").unlink(missing_ok=True)
    if plan is not None:
        Path("plan.json").write_text(plan_json(plan, "0.1.0"))
    assert run(["ci", "comment", "plan.json", *more]) == 0
    return [item["name"] for item in hub.pulls[7].get("labels", [])]


def test_labels_are_set_where_they_are_asked_for_and_follow_the_plan(job: Hub) -> None:
    job.pulls[7]["labels"] = [{"name": "theirs"}]
    assert labelled(job, DELETES) == ["theirs"]
    assert labelled(job, DELETES, "--labels") == ["theirs", "pxm:deletes"]
    assert labelled(job, REFUSED, "--labels") == ["theirs", "pxm:refused"]
    assert labelled(job, Plan(HERE), "--labels") == ["theirs", "pxm:no-changes"]
    assert labelled(job, PLAN, "--labels") == ["theirs"]
    assert labelled(job, DELETES, "--labels", "--name", "outlet") == [
        "theirs",
        "pxm:outlet:deletes",
    ]
    assert labelled(job, None, "--labels") == ["theirs", "pxm:outlet:deletes"]


def test_a_job_that_may_not_label_says_what_to_do_and_fails_nothing(
    job: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    job.has_labels = False
    assert labelled(job, DELETES, "--labels") == []
    assert 'gh label create "pxm:deletes"' in capsys.readouterr().out


# --- what became of a merge ---------------------------------------------------------------------

RECEIPT = {
    "outcomes": [
        {"kind": "collection", "key": "rain", "label": "Rain", "status": "done", "words": ""},
        {
            "kind": "file",
            "key": "hero",
            "label": "@team",
            "status": "failed",
            "words": "it is full",
        },
        {"kind": "category", "key": "x", "label": "X", "status": "not_attempted", "words": ""},
    ]
}


def test_a_merge_is_told_what_became_of_its_own_plan() -> None:
    assert words.became(RECEIPT, PLAN) == words.Became(
        1, ("@team (file/hero), failed: it is full",)
    )
    assert words.became(RECEIPT, None).not_made[1] == "X (category/x), not attempted"
    body = words.done_comment(None, "u", "u#a", words.became(RECEIPT, PLAN))
    assert "**1** made, **1** not, by [this run](u). The receipt is [among its artifacts]" in body
    assert "`@team` (file/hero), failed: it is full" in body


def test_a_run_that_failed_says_how_much_it_made() -> None:
    body = words.stopped_comment(None, [], "u", "u#a", words.became(RECEIPT, None))
    assert "## ❌ Applied in part\n" in body
    assert "**1** made, **2** not. [The run](u) says" in body
