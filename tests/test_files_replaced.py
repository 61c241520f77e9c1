"""Files that an edit replaces all at once, or not at all."""

from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.files import Replaced

OTHERS = [("a.yaml", None), ("a.yaml", b"theirs\r\n"), ("new.yaml", b"theirs\n")]


@pytest.mark.parametrize(("name", "theirs"), OTHERS)
def test_what_somebody_saved_meanwhile_is_not_overwritten(
    tmp_path: Path, name: str, theirs: bytes | None
) -> None:
    before: dict[str, str | bytes] = {"a.yaml": "é\r\n", "b.html": b"\xff\xfea\0"}
    for file, held in before.items():
        (tmp_path / file).write_bytes(held.encode() if isinstance(held, str) else held)
    kept = {x.name: x.read_bytes() for x in tmp_path.iterdir()}
    after = {"b.html": b"ours", "a.yaml": "ours", "new.yaml": "ours"}
    if theirs is None:
        (tmp_path / name).unlink()
        del kept[name]
    else:
        (tmp_path / name).write_bytes(theirs)
        kept[name] = theirs

    with (
        pytest.raises(UsageError, match=f"{name} was changed meanwhile"),
        Replaced(tmp_path, before) as replaced,
    ):
        replaced.write(after)
    assert {x.name: x.read_bytes() for x in tmp_path.iterdir()} == kept


def test_files_that_are_as_they_were_read_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("\ufeffé\r\n".encode())
    with Replaced(tmp_path, {"a.yaml": "\ufeffé\r\n"}) as replaced:
        replaced.write({"a.yaml": "ours", "new/b.yaml": "ours"})
        replaced.keep()
    assert (tmp_path / "a.yaml").read_text() == (tmp_path / "new/b.yaml").read_text() == "ours"
