"""Who brings words of another program along is told ours (contract 3)."""

from pathlib import Path

import pytest

from reconciler.cli import run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["diff"], "`pxm plan` shows what differs"),
        (["destroy"], "`pxm remove KIND/KEY`"),
        (["version"], "`pxm --version`"),
        (["apply", "--dry-run"], "`pxm plan` shows what apply would do"),
        (["apply", "--auto-approve"], "`--yes` applies without asking"),
        (["apply", "-auto-approve"], "`--yes` applies without asking"),
        (["plan", "-destroy"], ""),
        (["validate", "--json"], "`--format json`"),
        (["plan", "--nonsense"], "No such option"),
        (["nonsense"], "No such command"),
    ],
)
def test_a_word_of_another_program_is_answered_with_ours(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 1
    assert words in capsys.readouterr().err


def test_a_missing_catalog_names_the_ways_to_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["plan", "--sandbox"]) == 1
    err = capsys.readouterr().err
    assert "`pxm init` makes one, `pxm pull` writes one from your account" in err
