"""A patch is what git takes for one, and nothing in it is a command to a terminal."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.reports.patch import patch_text

LINES = st.lists(
    st.sampled_from(["a: 1", "  - b", "", "# c", "--- d", "+e", "\tf", "é"]), max_size=12
)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n"]))


def test_a_change_is_shown_with_its_neighbours() -> None:
    before, after = "a: 1\nb: 2\n", "a: 1\nb: 3"

    assert patch_text("x.yaml", before, after, color=False) == (
        "--- a/x.yaml\n+++ b/x.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n"
        "\\ No newline at end of file\n"
    )
    assert patch_text("x.yaml", before, before, color=False) == ""


def test_a_file_that_comes_or_goes_is_told_by_its_head() -> None:
    assert patch_text("x.yaml", None, "a\n", color=False).startswith(
        "--- /dev/null\n+++ b/x.yaml\n"
    )
    assert patch_text("x.yaml", "a\n", None, color=False).startswith(
        "--- a/x.yaml\n+++ /dev/null\n"
    )


def test_colours_tell_what_comes_and_goes() -> None:
    shown = patch_text("x.yaml", "a\nb\n", "a\nc\n", color=True)

    assert "\x1b[31m-b\x1b[0m\n\x1b[32m+c\x1b[0m\n" in shown
    assert "\n a\n" in shown


def test_what_a_terminal_or_a_log_would_obey_is_spelled_out() -> None:
    shown = patch_text("x.yaml", "a\n  ::error::x\n", "b\u202e\tc\n  ::error::x\n", color=False)

    assert "+b\\u202e\tc\n" in shown
    assert "\n   \\::error::x\n" in shown


@settings(max_examples=25)
@example("", "a").via("a file without an end of line")
@given(TEXTS, TEXTS)
def test_git_applies_what_is_shown(before: str, after: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "x.yaml").write_bytes(before.encode())
        patch = patch_text("x.yaml", before, after, color=False)
        if patch:
            command = ["git", "apply", "--unsafe-paths", "--whitespace=nowarn", "-"]
            subprocess.run(command, input=patch.encode(), cwd=folder, check=True)

        assert (folder / "x.yaml").read_bytes() == after.encode()
