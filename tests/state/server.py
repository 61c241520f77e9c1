"""A PostgreSQL server of the tests' own: Debian's programs, a folder of its own, no network."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.limits import HANG, until

QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


def programs() -> Path:
    """The folder of initdb and postgres; the newest version where there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve())
    assert found, "PostgreSQL is not installed: run `make postgres`"
    return found[-1].parent


@contextmanager
def server(settings: tuple[str, ...] = QUICK) -> Iterator[str]:
    """A server that answers; yields the folder of its socket."""
    folder = Path(tempfile.mkdtemp(prefix="pxm-pg-", dir="/tmp"))
    somebody = _somebody(folder)
    data = folder / "data"
    subprocess.run(
        [programs() / "initdb", "-D", data, "-U", "pxm", "-A", "trust", "-N", "-E", "UTF8",
         "--locale=C", "--no-instructions"],
        check=True, capture_output=True, cwd=folder, **somebody,
    )  # fmt: skip
    options = [part for setting in settings for part in ("-c", setting)]
    process = subprocess.Popen(
        [programs() / "postgres", "-D", data, "-k", folder, *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **somebody,
    )  # fmt: skip
    try:
        _wait_for(folder)
        yield str(folder)
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(timeout=HANG)
        shutil.rmtree(folder)


def _somebody(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as whoever owns nothing."""
    if os.getuid():
        return {}
    import pwd  # here, not above: the tests of the other backends do without it

    user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _wait_for(folder: Path) -> None:
    ready = [programs() / "pg_isready", "-q", "-h", folder, "-U", "pxm"]
    until(lambda: subprocess.run(ready, check=False).returncode == 0)
