"""One catalog for two accounts, each with its state and credentials (contract 1.8, 2.12)."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler.sandbox import Options, Sandbox
from tests.e2e.worlds import World, world

SETTINGS = """
environments:
  staging:
    state: file:staging.db
    base_url: {staging}
    regions: {{US: US Staging}}
    limits: {{deletes: 0}}
  production:
    state: file:production.db
    base_url: {production}
rate: {{requests: 100000, per_seconds: 60}}
"""
CATALOG = """
categories:
  - key: jackets
    name: Jackets
    regions: [US]
    children:
      - {key: samples, name: Samples, only: [staging]}
collections:
  - {key: rain, name: Rain Jacket, category: jackets}
"""


@dataclass
class Two:
    """A catalog and its two accounts; commands say which one they mean."""

    world: World
    staging: Sandbox
    production: Sandbox

    def pxm(self, *arguments: str) -> int:
        return self.world.pxm(*arguments)

    def apply(self, environment: str, *arguments: str) -> int:
        """Apply to one account; the next plan of it is empty."""
        code = self.pxm("apply", "--env", environment, "--yes", "--new-state", *arguments)
        printed = self.world.out, self.world.err
        if code == 0:
            assert self.pxm("plan", "--env", environment, "--detailed-exitcode") == 0, (
                self.world.out
            )
        self.world.out, self.world.err = printed
        return code

    @property
    def out(self) -> str:
        return self.world.out

    @property
    def err(self) -> str:
        return self.world.err


def names(sandbox: Sandbox, kind: str = "category") -> set[str]:
    return {item["name"] for item in sandbox.all(kind)}


@pytest.fixture
def two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Two]:
    with ExitStack() as stack:
        staging = stack.enter_context(world(tmp_path, monkeypatch, capsys))
        second = Options(rate_limit=None, client_id="second", client_secret="other")
        production = stack.enter_context(Sandbox(None, second))
        for name in ("CLIENT_ID", "CLIENT_SECRET", "BASE_URL"):
            monkeypatch.delenv(f"PXM_{name}")
        for name, value in {
            "PXM_STAGING_CLIENT_ID": "sandbox",
            "PXM_STAGING_CLIENT_SECRET": "sandbox",
            "PXM_PRODUCTION_CLIENT_ID": "second",
            "PXM_PRODUCTION_CLIENT_SECRET": "other",
        }.items():
            monkeypatch.setenv(name, value)
        staging.sandbox.ensure_region("US Staging")
        production.ensure_region("US")
        urls = {"staging": staging.sandbox.url, "production": production.url}
        staging.write(SETTINGS.format(**urls), "reconciler.yaml")
        staging.write(CATALOG)
        yield Two(staging, staging.sandbox, production)


def test_each_account_gets_its_own_objects_regions_and_state(two: Two) -> None:
    assert two.apply("staging") == 0, two.err
    assert two.apply("production") == 0, two.err

    assert names(two.staging) == {"Jackets", "Samples"}
    assert names(two.production) == {"Jackets"}
    assert Path("staging.db").is_file()
    assert Path("production.db").is_file()
    (jackets,) = [item for item in two.staging.all("category") if item["name"] == "Jackets"]
    assert jackets["region_ids"] == [two.staging.ensure_region("US Staging")]


def test_with_several_each_command_asks_which(two: Two) -> None:
    for command in (
        ["plan"],
        ["apply", "--yes"],
        ["drift"],
        ["state", "list"],
        ["graph"],
        ["pull"],
    ):
        assert two.pxm(*command) == 1
        assert "the catalog has several environments: staging, production" in two.err
        assert "choose one with --env NAME" in two.err
    assert two.pxm("validate") == 1
    assert "choose one with --env NAME, or all with --env all" in two.err
    assert two.pxm("--env", "productoin", "plan") == 1
    assert "did you mean 'production'?" in two.err
    assert two.pxm("plan", "--env", "all") == 1
    assert "this command works on one environment" in two.err


def test_validate_looks_at_one_or_at_all(two: Two) -> None:
    assert two.pxm("validate", "--env", "staging") == 0
    assert two.out == "The catalog is valid for staging: 2 category, 1 collection.\n"
    assert two.pxm("validate", "--env", "all") == 0
    assert "valid for staging: 2 category" in two.out
    assert "valid for production: 1 category" in two.out

    two.world.write(CATALOG.replace("category: jackets", "category: samples"))
    assert two.pxm("validate", "--env", "staging") == 0
    assert two.pxm("validate", "--env", "all") == 1
    assert "category 'samples' is left out by its `only`, in production" in two.out


def test_one_environment_is_taken_without_being_named(two: Two) -> None:
    url = two.staging.url
    two.world.write(f"environments: {{staging: {{base_url: {url}}}}}", "reconciler.yaml")
    two.world.write(CATALOG.replace("    regions: [US]\n", ""))
    assert two.pxm("apply", "--yes", "--new-state") == 0, two.err
    assert two.pxm("plan", "--detailed-exitcode") == 0
    assert Path(".reconciler/staging/state.db").is_file()
    assert not Path(".reconciler/state.db").exists()


def test_a_plan_file_of_one_environment_is_refused_by_the_other(two: Two) -> None:
    assert two.pxm("plan", "--env", "staging", "--out", "staging.json") == 0
    assert json.loads(Path("staging.json").read_text())["environment"] == "staging"

    assert two.pxm("apply", "--env", "production", "staging.json") == 3
    assert "nothing was written: staging.json was made for another account" in two.err
    assert names(two.production) == set()


def test_a_plan_file_names_its_environment_and_serves_no_other_of_one_account(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert two.pxm("plan", "--env", "staging", "--out", "staging.json") == 0
    monkeypatch.setenv("PXM_CLIENT_ID", "sandbox")
    monkeypatch.setenv("PXM_CLIENT_SECRET", "sandbox")
    settings = (two.world.root / "catalog" / "reconciler.yaml").read_text()
    two.world.write(settings.replace("  staging:", "  preview:"), "reconciler.yaml")
    two.world.write(CATALOG.replace("[staging]", "[preview]"))

    assert two.pxm("apply", "--env", "preview", "staging.json") == 3
    assert (
        "nothing was written: staging.json was made for the environment staging, "
        "and this run is for the environment preview" in two.err
    )
    assert names(two.staging) == set()


def test_credentials_of_one_account_with_the_state_of_another_write_nothing(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert two.apply("staging") == 0
    assert two.apply("production") == 0

    wrong = two.pxm("apply", "--env", "production", "--yes", "--state", "file:staging.db")
    assert wrong == 3
    assert "this is the state of environment 'staging'" in two.err
    monkeypatch.setenv("PXM_STAGING_CLIENT_ID", "second")
    monkeypatch.setenv("PXM_STAGING_CLIENT_SECRET", "other")
    assert two.pxm("plan", "--env", "staging", "--base-url", two.production.url) == 3
    assert "the state belongs to another account" in two.err

    monkeypatch.setenv("PXM_STATE", "file:staging.db")
    assert two.pxm("apply", "--env", "production", "--yes") == 3
    assert "PXM_STATE is set: it counts instead of the `state` of environment production" in two.err
    assert names(two.production) == {"Jackets"}


def test_a_new_state_is_not_begun_on_the_account_of_another_environment(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert two.apply("staging") == 0
    monkeypatch.setenv("PXM_PRODUCTION_CLIENT_ID", "sandbox")
    monkeypatch.setenv("PXM_PRODUCTION_CLIENT_SECRET", "sandbox")
    mixed = two.pxm(
        "apply", "--env", "production", "--yes", "--new-state", "--base-url", two.staging.url
    )

    assert mixed == 3
    assert "this is the account of environment 'staging'" in two.err
    assert names(two.staging) == {"Jackets", "Samples"}


def test_plain_credentials_serve_where_an_environment_has_none(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PXM_STAGING_CLIENT_SECRET")
    monkeypatch.setenv("PXM_CLIENT_ID", "sandbox")
    monkeypatch.setenv("PXM_CLIENT_SECRET", "sandbox")
    assert two.pxm("plan", "--env", "staging") == 1
    assert "PXM_STAGING_CLIENT_ID and PXM_STAGING_CLIENT_SECRET" in two.err

    monkeypatch.delenv("PXM_STAGING_CLIENT_ID")
    assert two.pxm("plan", "--env", "staging") == 0, two.err


def test_what_is_no_longer_for_an_environment_is_deleted_there_and_the_plan_says_why(
    two: Two,
) -> None:
    two.world.write(CATALOG.replace("[staging]", "[staging, production]"))
    assert two.apply("production") == 0
    assert names(two.production) == {"Jackets", "Samples"}

    two.world.write(CATALOG)
    assert two.pxm("plan", "--env", "production") == 0
    assert "category/samples is not for this environment: `only` at catalog.yaml:7:" in two.out
    assert two.apply("production") == 0
    assert names(two.production) == {"Jackets"}


def test_limits_of_an_environment_count_there_alone(two: Two) -> None:
    for environment in ("staging", "production"):
        assert two.apply(environment) == 0
    two.world.write(CATALOG.split("collections:")[0])

    assert two.pxm("apply", "--env", "staging", "--yes") == 3
    assert "1 deletes, the limit is 0" in two.err
    assert two.apply("production") == 0


def test_a_region_that_the_account_lacks_is_named_as_both_call_it(two: Two) -> None:
    settings = (two.world.root / "catalog" / "reconciler.yaml").read_text()
    two.world.write(settings.replace("US Staging", "US Stage"), "reconciler.yaml")
    assert two.pxm("plan", "--env", "staging") == 1
    assert "the account has no region 'US Stage', as the environment calls 'US'" in two.err


def test_each_environment_has_an_embedded_sandbox_of_its_own(two: Two) -> None:
    assert two.pxm("--sandbox", "--env", "staging", "apply", "--yes") == 0, two.err
    assert two.pxm("--sandbox", "--env", "production", "apply", "--yes") == 0, two.err
    assert two.pxm("--sandbox", "--env", "staging", "plan", "--detailed-exitcode") == 0
    assert Path(".reconciler/staging/sandbox.db").is_file()
    assert Path(".reconciler/production/sandbox.db").is_file()


def test_an_embedded_sandbox_is_for_the_first_environment_unless_one_is_named(two: Two) -> None:
    assert two.pxm("--sandbox", "apply", "--yes") == 0, two.err
    assert "Environment: staging, the first of reconciler.yaml (--env picks another)" in two.err
    assert "Samples" in two.out
    assert two.pxm("--sandbox", "--env", "production", "plan") == 0
    assert "Environment:" not in two.err
    assert "Samples" not in two.out


def test_an_environment_that_nobody_declared_is_told(pxm: World) -> None:
    assert pxm.pxm("--env", "staging", "plan") == 1
    assert "--env staging: this catalog declares no environments" in pxm.err


# --- compare ------------------------------------------------------------------------------------

BOTH = """
attributes:
  - {key: color, label: Color, type: Pick List, options: [Red, Blue]}
categories:
  - {key: jackets, name: Jackets, regions: [US]}
collections:
  - {key: rain, name: Rain Jacket, category: jackets, attributes: {color: Red}}
"""
SCHEMA = Path(__file__).parents[2] / "schemas" / "compare.schema.json"


def test_two_accounts_that_one_catalog_made_hold_the_same(two: Two) -> None:
    two.world.write(BOTH)
    for environment in ("staging", "production"):
        assert two.apply(environment) == 0, two.err

    assert two.pxm("compare", "staging", "production") == 0, two.out + two.err
    assert two.out == "No difference. staging and production hold the same: 3 objects.\n"


def test_what_two_accounts_hold_differently_is_told_in_the_words_of_the_catalog(two: Two) -> None:
    two.world.write(BOTH)
    assert two.apply("staging") == 0
    two.world.write(BOTH.replace("color: Red", "color: Blue"))
    assert two.apply("production") == 0
    for sandbox, name in ((two.staging, "Try-out"), (two.production, "Outlet")):
        hats = sandbox.ensure_object("category", name="Hats")
        sandbox.ensure_object("collection", name="Cap", parent_id=hats, direct_parent=[hats])
        sandbox.ensure_object("category", name=name)
    (cap,) = [item for item in two.production.all("collection") if item["name"] == "Cap"]
    two.production.edit("collection", cap["id"], additional_title="CAP-1")
    writes = [len(two.staging.requests), len(two.production.requests)]

    assert two.pxm("compare", "staging", "production") == 2
    assert two.out == (
        "~ staging → production\n"
        "\n"
        '> category  "Outlet"  only in production\n'
        '< category  "Try-out"  only in staging\n'
        '~ collection  "Cap"  in Hats\n'
        "    additional_title: (none) → CAP-1\n"
        '~ collection/rain  "Rain Jacket"  (catalog.yaml:7)\n'
        "    attributes.color: [Red] → [Blue]\n"
        "\n"
        "Compare: 2 differ, 1 only in staging, 1 only in production. 3 the same.\n"
    )
    methods = {
        request.method
        for sandbox, before in zip((two.staging, two.production), writes, strict=True)
        for request in sandbox.requests[before:]
    }
    assert methods <= {"GET", "POST"}
    assert names(two.staging) == {"Jackets", "Hats", "Try-out"}

    two.pxm("compare", "staging", "production", "--format", "json")
    found = two.world.result
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(found)
    assert found["summary"] == {"differs": 2, "only_first": 1, "only_second": 1, "same": 3}
    assert (found["first"]["environment"], found["second"]["environment"]) == (
        "staging",
        "production",
    )

    two.pxm("compare", "staging", "production", "--format", "markdown")
    assert "Compare: staging and production differ" in two.out
    assert "Only in staging" in two.out
    two.pxm("compare", "production", "staging", "--format", "html", "--out", "two.html")
    page = Path("two.html").read_text("utf-8")
    assert "Only in production" in page
    assert "Cap" in page


def test_options_of_one_account_do_not_speak_of_two(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert two.pxm("compare", "staging", "staging") == 1
    assert "staging is compared with itself" in two.err
    assert two.pxm("compare", "staging", "productoin") == 1
    assert "did you mean 'production'?" in two.err
    assert two.pxm("compare", "staging", "production", "--state", "file:x") == 1
    assert "--state speaks of one account, and two are compared" in two.err
    monkeypatch.setenv("PXM_PRODUCTION_CLIENT_ID", "sandbox")
    monkeypatch.setenv("PXM_PRODUCTION_CLIENT_SECRET", "sandbox")
    assert two.pxm("compare", "staging", "production", "--base-url", two.staging.url) == 1
    assert "staging and production are one account" in two.err


def test_drift_of_one_account_does_not_change_what_only_others_have(two: Two) -> None:
    story = """
attributes:
  - {key: care, label: Care, type: Text}
collections:
  - {key: rain, name: Rain, attributes: {care: {file: care.html}}}
  - {key: snow, name: Snow, only: [production], attributes: {care: {file: care.html}}}
"""
    text = two.world.root / "catalog" / "care.html"
    text.write_text("<p>Cold</p>\n")
    two.world.write(story)
    two.world.write(
        (two.world.root / "catalog" / "reconciler.yaml")
        .read_text()
        .replace("regions: {US: US Staging}", ""),
        "reconciler.yaml",
    )
    assert two.apply("staging") == 0, two.err
    (rain,) = two.staging.all("collection")
    (value,) = rain["attributes"]
    two.staging.edit("collection", rain["id"], attributes=[{**value, "value": "<p>Warm</p>"}])

    assert two.pxm("pull", "--env", "staging", "--accept", "collection/rain") == 1
    assert "nothing was changed: the edit would have changed collection/snow too" in two.err
    assert "another environment has what this one has not: edit the files by hand" in two.err
    assert text.read_text() == "<p>Cold</p>\n"


# --- pull ---------------------------------------------------------------------------------------


def test_a_pull_takes_no_key_of_another_environment_and_pins_for_its_own(two: Two) -> None:
    for _ in range(2):
        two.production.ensure_object("category", name="Samples", id=f"twin-{_}")
    settings = two.world.root / "catalog" / "reconciler.yaml"
    before = settings.read_text()
    two.world.write(CATALOG.replace("    regions: [US]\n", ""))
    settings.write_text(before.replace("    regions: {US: US Staging}\n", ""))

    assert two.pxm("pull", "--env", "production") == 0, two.err
    assert two.pxm("validate", "--env", "production") == 0, two.out
    assert two.pxm("plan", "--env", "production") == 0
    assert "0 to delete" in two.out
    text = "".join(
        path.read_text() for path in sorted((two.world.root / "catalog").rglob("*.yaml"))
    )
    assert "samples-2" in text
    assert "production: twin-" in text


def test_an_account_is_pulled_in_the_catalogs_names_of_regions(two: Two) -> None:
    us, eu = (two.staging.ensure_region(name) for name in ("US Staging", "EU Staging"))
    two.staging.ensure_object("category", name="Jackets", region_ids=[us])
    two.staging.ensure_object("category", name="Hats", region_ids=[us, eu])
    (two.world.root / "catalog" / "catalog.yaml").unlink()
    settings = two.world.root / "catalog" / "reconciler.yaml"
    settings.write_text(settings.read_text().replace("US Staging", "US Staging, EU: EU Staging"))

    assert two.pxm("pull", "--env", "staging") == 0, two.err
    text = (two.world.root / "catalog" / "categories.yaml").read_text()
    assert "regions: [US]" in text
    assert "Staging" not in text
    assert two.pxm("plan", "--env", "staging", "--detailed-exitcode") == 0, two.out


def test_one_state_serves_one_environment_whatever_it_is_called(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PXM_STATE for both, credentials that serve both: what is `only` for one would be deleted."""
    settings = two.world.root / "catalog" / "reconciler.yaml"
    one = settings.read_text().replace(two.production.url, two.staging.url)
    settings.write_text(one.replace("file:production.db", f"file:{two.world.root}/staging.db"))
    monkeypatch.setenv("PXM_PRODUCTION_CLIENT_ID", "sandbox")
    monkeypatch.setenv("PXM_PRODUCTION_CLIENT_SECRET", "sandbox")
    two.staging.ensure_region("US")
    assert two.apply("staging") == 0, two.err

    for command in (["plan"], ["apply", "--yes", "--allow-deletes", "9"], ["drift"]):
        assert two.pxm(*command, "--env", "production") == 3, two.out
        assert "this is the state of environment 'staging', not of 'production'" in two.err
    monkeypatch.setenv("PXM_STATE", "file:staging.db")
    assert two.pxm("pull", "--env", "production", "--accept", "all") == 3
    assert names(two.staging) == {"Jackets", "Samples"}


def test_a_state_goes_along_with_an_environment_that_is_renamed(two: Two) -> None:
    settings = two.world.root / "catalog" / "reconciler.yaml"
    assert two.apply("production") == 0, two.err
    settings.write_text(settings.read_text().replace("  production:", "  live:"))
    two.world.write(CATALOG.replace("Rain Jacket", "Rain"))
    environ = {
        "PXM_LIVE_CLIENT_ID": "second",
        "PXM_LIVE_CLIENT_SECRET": "other",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        assert two.apply("live") == 0, two.err
        assert two.pxm("state", "pull", "--env", "live") == 0
        assert json.loads(two.out)["account"]["environment"] == "live"


def test_a_delete_taken_over_says_which_other_account_will_lose_the_object(two: Two) -> None:
    assert two.apply("staging") == 0, two.err
    (rain,) = two.staging.all("collection")
    two.staging.remove("collection", rain["id"])

    assert two.pxm("pull", "--env", "staging", "--accept", "collection/rain") == 0, two.err
    assert (
        "collection/rain: environment 'production' has it too, and deletes it with its next apply"
        in two.out
    )
