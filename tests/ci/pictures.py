"""Pictures of what GitHub is told, for docs/ci.md: `python -m tests.ci.pictures docs/images`."""

import sys
import tempfile
from pathlib import Path

from reconciler.model import Drift, Drifted, FieldChange, Place, Ref
from reconciler.reports import github as words
from reconciler.reports.markdown import drift_markdown
from tests.reports import samples
from tests.reports.browser import as_github_shows, chromium, open_page, picture

RUN = "https://github.example/acme/catalog/actions/runs/1"
COMMIT = "4f1c0de2a7b95e3d"


def bodies() -> dict[str, str]:
    """Each body by the name of its picture."""
    plan = samples.large(12)
    reasons = [
        "nothing was written: collection/rain-jacket: name is not as it was reviewed",
        "pull request 12: it comes from a fork, whose plan was made against a sandbox",
    ]
    renamed = FieldChange("name", before="Rain Jacket", after="Rain Jacket (SALE)")
    drift = Drift(
        account=plan.account,
        objects=(
            Drifted("changed", Ref("collection", "rain"), "1", "Rain Jacket (SALE)", Place("a.yaml", 3), (renamed,)),
            Drifted("gone", Ref("resource", "guide"), "2", "Care guide", Place("b.yaml", 9)),
        ),
        clean=1202,
    )  # fmt: skip
    return {
        "ci-plan": words.plan_comment(plan, "staging", COMMIT, RUN),
        "ci-waiting": words.waiting_comment(plan, None, reasons, RUN),
        "ci-drift": words.drift_issue(drift_markdown(drift), None, None),
        "ci-stopped": words.stopped_comment(None, ["11 deletes, the limit is 10"], RUN, RUN),
        "ci-done": words.done_comment(None, RUN, RUN),
        "ci-failed": words.failed_comment(None, COMMIT, RUN),
    }


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as made, chromium(width=900) as driver:
        for name, body in bodies().items():
            path = Path(made) / "page.html"
            path.write_text(as_github_shows(body), encoding="utf-8")
            driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
            open_page(driver, path)
            picture(driver, folder / f"{name}.png", most=620)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
