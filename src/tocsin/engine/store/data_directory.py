"""The data directory: where its files are, and the lock that admits one server to it."""

import fcntl
import os
from pathlib import Path


class DataDirectoryBusy(Exception):
    """Another process has it; `pid` when that could be read."""

    def __init__(self, path: Path, pid: int | None) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"{path} is in use by {who}")
        self.path, self.pid = path, pid


def main_file(data: Path) -> Path:
    return data / "tocsin.sqlite3"


def inbox_file(data: Path) -> Path:
    return data / "inbox.sqlite3"


class DataDirectoryLock:
    """Held until `release`, or until the process ends however it ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> "DataDirectoryLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def lock_data_directory(path: Path) -> DataDirectoryLock:
    """Make the directory if need be (0700) and become its one server. Raises DataDirectoryBusy."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path / "tocsin.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        said = os.read(descriptor, 32).strip()
        os.close(descriptor)
        raise DataDirectoryBusy(path, int(said) if said.isdigit() else None) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return DataDirectoryLock(descriptor)
