"""`python -m benchmarks`: measure, keep the figures, write the page (`make bench`)."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path

from benchmarks.machine import ROOT, machine
from benchmarks.parts import PARTS, Part
from benchmarks.session import Session

RESULTS = ROOT / "benchmarks" / "results"


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; 0 where all of it could be measured."""
    asked = _parser().parse_args(arguments)
    work = Path(tempfile.mkdtemp(prefix="pxm-bench-"))
    results = asked.results or (work / "results" if asked.small else RESULTS)
    docs = asked.docs or (work / "docs" if asked.small else ROOT / "docs")
    try:
        session = _session(asked, work)
        names = asked.only or PARTS
        failed = [x for x in names if not measured(session, x, results, PARTS[x])]
        _write_page(session, results, docs)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if failed:
        session.say(f"could not be measured: {', '.join(failed)}")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=PARTS, metavar="PART",
        help=f"only this part; may be repeated: {', '.join(PARTS)}",
    )  # fmt: skip
    parser.add_argument("--small", action="store_true", help="does it work? one tiny run, not kept")
    parser.add_argument("--sizes", metavar="N,N", help="numbers of products [1000,10000,100000]")
    parser.add_argument(
        "--runs", type=int, metavar="N", help="runs of which a figure is the median [3]"
    )
    parser.add_argument("--results", type=Path, help="folder of the JSON files")
    parser.add_argument("--docs", type=Path, help="folder of the page")
    return parser


def _session(asked: argparse.Namespace, work: Path) -> Session:
    session = Session(work)
    if asked.small:
        session = Session(work, sizes=(30, 60), creates=20, edits=10, runs=1)
    if asked.sizes:
        session.sizes = tuple(sorted(map(int, asked.sizes.split(","))))
    if asked.runs:
        session.runs = asked.runs
    return session


def measured(session: Session, name: str, folder: Path, part: Part) -> bool:
    """Keep what a part has measured; False where it could not, which the page says then."""
    session.say(f"--- {name}")
    try:
        found = part(session)
    except Exception:
        # One part that fails is no reason to lose the others.
        traceback.print_exc()
        found = {"missing": "it could not be measured"}
    found = {"machine": machine(), **found}
    session.results[name] = found
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return "missing" not in found


def _write_page(session: Session, results: Path, docs: Path) -> None:
    # Imported last: what it draws with would be in the memory of all that is measured.
    from benchmarks.page import write

    session.say("--- page")
    for path in write(results, docs):
        session.say(f"wrote {path}")


if __name__ == "__main__":
    # As Ctrl-C does: the servers end, and the folder of the worlds goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
