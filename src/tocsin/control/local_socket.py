"""HTTP over the socket in the data directory of a running server: a connection that whoever asks opens by itself."""

import http.client
import socket
from pathlib import Path

SOCKET = "control.sock"
LONGEST_NAME = 100  # bytes of a socket's path that every system takes


class LocalConnection(http.client.HTTPConnection):
    """`patience` in seconds, for the connection and for each answer."""

    def __init__(self, path: Path, patience: float) -> None:
        super().__init__("localhost", timeout=patience)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(reachable(self._path))


def reachable(path: Path) -> str:
    """A socket's name may be about 107 bytes long; seen from here a deep one may still fit."""
    absolute = path.absolute()
    if len(str(absolute).encode()) <= LONGEST_NAME or not absolute.is_relative_to(Path.cwd()):
        return str(absolute)
    return str(absolute.relative_to(Path.cwd()))
