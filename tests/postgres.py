"""A PostgreSQL of the tests' own: in a temporary directory, on a free port, never the system's cluster.

PostgreSQL refuses to run as root, so as root it runs as the user `postgres`. `fsync` stays on: what is promised durable
is measured durable.
"""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

DEBIAN = Path("/usr/lib/postgresql")


class Postgres:
    """One server, to be asked for databases, stopped and started again."""

    def __init__(self, directory: Path, binaries: Path) -> None:
        self._directory = directory
        self._binaries = binaries
        self._databases = 0
        self.port = _free_port()

    @property
    def data(self) -> Path:
        return self._directory / "cluster"

    def create(self) -> None:
        self._as_owner("initdb", "-D", self.data, "-U", "tocsin", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"listen_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = ''\n"
                "fsync = on\nsynchronous_commit = on\nmax_connections = 200\n"
                "shared_buffers = '256MB'\nmax_wal_size = '4GB'\n"
            )

    def start(self) -> None:
        self._as_owner("pg_ctl", "-D", self.data, "-l", self._directory / "log", "-w", "-t", "60", "start")

    def stop(self, mode: str = "fast") -> None:
        """`immediate` is a crash: what was committed must be there after the next start."""
        self._as_owner("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def url(self, database: str) -> str:
        return f"postgresql://tocsin@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template1") -> str:
        """A fresh database; its URL."""
        self._databases += 1
        name = f"tocsin_{self._databases}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return self.url(name)

    def _as_owner(self, program: str, *arguments: object) -> None:
        command = [str(self._binaries / program), *map(str, arguments)]
        done = subprocess.run(
            command,
            user="postgres" if os.geteuid() == 0 else None,
            cwd=self._directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            log = self._directory / "log"
            raise RuntimeError(
                f"{program} failed: {done.stdout or b''!r} {log.read_text() if log.exists() else ''}"
            )


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Start one, and take it away. Skips the test when PostgreSQL is not installed, unless CI demands it."""
    binaries = _binaries()
    if binaries is None:
        why = "PostgreSQL's server programs are not installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    with tempfile.TemporaryDirectory(prefix="tocsin-postgres-") as temporary:
        directory = Path(temporary)
        if os.geteuid() == 0:
            os.chown(directory, pwd.getpwnam("postgres").pw_uid, -1)
        server = Postgres(directory, binaries)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
