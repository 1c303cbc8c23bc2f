"""A PostgreSQL server of one's own: in its own folder, reached by a socket only."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["PostgresServer", "find_programs", "run_postgres"]

#: Where Debian has the programs of each version.
_DEBIAN = Path("/usr/lib/postgresql")
_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
#: The user the server runs as if the tests run as root, whom PostgreSQL refuses.
_USERS = ("postgres", "nobody")


@dataclass
class PostgresServer:
    """A running server. ``socket``: the folder of its socket. ``process``: the server's.

    ``start``: starts it again after it has ended.
    """

    folder: Path
    socket: Path
    process: subprocess.Popen[bytes]
    start: Callable[[], subprocess.Popen[bytes]]
    names: list[str] = field(default_factory=list)

    def restart(self) -> None:
        """End it at once, as ``pg_ctl restart -m immediate`` does, and start it again.

        It recovers from its write-ahead log then; all sessions are lost.
        """
        self.stop()
        self.process = self.start()

    def stop(self) -> None:
        """End it at once, as ``pg_ctl stop -m immediate`` does."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(_SECONDS)

    def pause(self) -> None:
        """Stop its processes where they are: connections are made, and nothing is answered."""
        for pid in self._get_pids():
            os.kill(pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Have it run again after :meth:`pause` or :meth:`stop`, with its own settings."""
        if self.process.poll() is None:
            for pid in self._get_pids():
                os.kill(pid, signal.SIGCONT)
        else:
            self.process = self.start()
        self.run("ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()")

    def _get_pids(self) -> list[int]:
        """Its process, and those that serve its connections (docs: proc(5))."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [pid, *map(int, children.split())]

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as its superuser; the rows of the last one, if it is a query."""
        import psycopg

        with psycopg.connect(self.get_address("postgres"), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def get_address(self, name: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://salon@/{name}?host={self.socket}"

    def create(self, template: str | None = None) -> str:
        """Create a database, or a copy of one; its address."""
        import psycopg

        name = f"salon_{len(self.names)}"
        self.names.append(name)
        with psycopg.connect(self.get_address("postgres"), autocommit=True) as connection:
            copied = f" TEMPLATE {template}" if template else ""
            connection.execute(f"CREATE DATABASE {name}{copied}".encode())
        return self.get_address(name)

    def drop(self, address: str) -> None:
        """Drop a database, with the sessions on it."""
        import psycopg

        name = psycopg.conninfo.conninfo_to_dict(address)["dbname"]
        with psycopg.connect(self.get_address("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def find_programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``; None if there is none on this machine."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextlib.contextmanager
def run_postgres(programs: Path, *, durable: bool = False) -> Iterator[PostgresServer]:
    """Run a server until the block ends; its data are removed then.

    ``durable``: as in production; else it doesn't wait for the disk.
    """
    folder = Path(tempfile.mkdtemp(prefix="salon-pg-"))
    user = _find_user() if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, user, -1)
    server: PostgresServer | None = None
    try:
        subprocess.run(
            [
                str(programs / "initdb"),
                *("-D", folder / "data", "-U", "salon", "-A", "trust", "-E", "UTF8"),
                *("--no-sync", "--no-instructions"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            user=user,
            env=_ENVIRONMENT | {"PATH": os.environ["PATH"]},
            cwd=folder,
        )
        start = functools.partial(_start, programs, folder, user, durable=durable)
        server = PostgresServer(folder, folder, start(), start)
        yield server
    finally:
        if server is not None:
            server.process.send_signal(signal.SIGINT)  # end the sessions, then stop
            server.process.wait(_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _start(
    programs: Path, folder: Path, user: int | None, *, durable: bool
) -> subprocess.Popen[bytes]:
    """Start the server and wait until it is ready; its process."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [
                programs / "postgres",
                *("-D", folder / "data", "-k", folder),
                *("-c", "listen_addresses="),
                *(() if durable else ("-c", "fsync=off", "-c", "full_page_writes=off")),
                *("-c", "shared_buffers=32MB", "-c", "max_connections=40"),
            ],
            stdout=log,
            stderr=log,
            preexec_fn=_end_with_the_tests,
            user=user,
            env=_ENVIRONMENT | {"PATH": os.environ["PATH"]},
            cwd=folder,
        )
    try:
        _wait_until_ready(programs, folder, process)
    except BaseException:
        process.kill()
        process.wait(_SECONDS)
        raise
    return process


def _end_with_the_tests() -> None:
    """Have the kernel stop this process if the tests are killed (docs: prctl(2))."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _find_user() -> int:
    for name in _USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
    raise AssertionError("there is no user that PostgreSQL could run as")


def _wait_until_ready(programs: Path, socket: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _SECONDS
    command: list[str | Path] = [programs / "pg_isready", "-q", "-h", socket, "-d", "postgres"]
    while subprocess.run(command, check=False).returncode:
        if process.poll() is not None or time.monotonic() > until:
            raise AssertionError((socket / "log").read_text(encoding="utf-8", errors="replace"))
        time.sleep(0.05)
