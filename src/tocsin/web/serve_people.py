"""`python -m tocsin.web.serve_people SOCKET`: the people process, Django under waitress's threads on a Unix socket.

It exits when its parent, the machine process of TOCSIN_PARENT_PID, does. Threads wait for the database as well as processes
do, and a second interpreter would cost more memory than people's pages need.
"""

import tocsin.web.lean  # noqa: F401  before anything else is imported

# isort: split
import os
import signal
import sys
import threading
import time

from waitress.server import create_server

THREADS = 8
MAX_BODY = 16 * 1024 * 1024
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the machine process says when
    signal.signal(signal.SIGTERM, _stop)
    from tocsin.web.tuning import tune_for_pages
    from tocsin.web.wsgi import application

    server = create_server(
        application,
        unix_socket=sys.argv[1],
        unix_socket_perms="600",
        threads=THREADS,
        clear_untrusted_proxy_headers=False,  # only the front process can open the socket
        max_request_body_size=MAX_BODY,
        ident=None,
        expose_tracebacks=False,
    )
    tune_for_pages()  # whoever knocks already waits for no longer than the first page would take
    server.run()  # until SystemExit, and then for what its threads have begun


def _stop(number: int, frame: object) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
