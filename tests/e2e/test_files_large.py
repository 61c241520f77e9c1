"""A file of 300 MB is streamed in parts, never whole in memory."""

import subprocess
import sys

import pytest

from tests.e2e.worlds import World

SIZE = 300 * 1024 * 1024
MOST = 100 * 1024
"""KiB of memory that the program may use at its peak."""

MEASURED = """\
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
"""Starts a command and prints its peak.  A small process starts it: what a large one forks counts
the memory of that one too."""


@pytest.mark.long
def test_three_hundred_megabytes_go_up_in_parts_in_little_memory(pxm: World) -> None:
    folder = pxm.root / "catalog" / "assets"
    folder.mkdir(parents=True)
    with (folder / "film.mp4").open("wb") as film:
        film.truncate(SIZE)
    pxm.write("files: [{key: film, path: assets/film.mp4}]\n")

    command = [sys.executable, "-m", "reconciler", "--catalog", str(pxm.root / "catalog")]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command, "apply", "--yes"],
        cwd=pxm.root, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0
    assert pxm.sandbox.all("file")[0]["file_size"] == SIZE
    parts = [item for item in pxm.sandbox.requests if item.method == "PUT"]
    assert len(parts) > 1
    assert int(done.stdout.split()[-1]) < MOST
