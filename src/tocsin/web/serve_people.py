"""`python -m tocsin.web.serve_people SOCKET`: the people process, Django under granian's threads on a Unix socket.

It exits when its parent, the machine process of TOCSIN_PARENT_PID, does. One worker: a second interpreter would cost
more memory than people's pages need, and threads wait for the database as well as processes do.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from granian.constants import Interfaces
from granian.server import Server

THREADS = 8
LOOK_EVERY = 1.0  # seconds
PATIENCE = 5.0  # seconds for requests under way


def exit_with(parent: int) -> None:
    """Watch, in a thread, that `parent` is still this process's parent; stop when it is not."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(PATIENCE)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tocsin.web.serve_people SOCKET")
    parent = os.environ.get("TOCSIN_PARENT_PID", "")
    if parent.isdigit():
        exit_with(int(parent))
    server = Server(
        "tocsin.web.serve_people:load",
        factory=True,
        uds=Path(sys.argv[1]),
        uds_permissions=0o600,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        blocking_threads_idle_timeout=300,
        websockets=False,
        log_enabled=False,
        workers_kill_timeout=3,
    )
    server.serve()


def load() -> object:
    """In the worker: Django, and the same watch over the process that started it."""
    exit_with(os.getppid())
    from tocsin.web.wsgi import application

    return application


if __name__ == "__main__":
    main()
