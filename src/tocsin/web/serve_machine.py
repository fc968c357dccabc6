"""`python -m tocsin.web.serve_machine DATA HOST PORT`: the machine process, in an interpreter that has nothing else in it.

`tocsin serve` becomes this: what the command line imports would stay in memory for as long as the server runs.
"""

import tocsin.web.lean  # noqa: F401  before anything else is imported

# isort: split
import os
import sys
from pathlib import Path

from tocsin.engine.store.data_directory import DataDirectoryBusy
from tocsin.web.listening import CannotStart
from tocsin.web.machine import Settings
from tocsin.web.server_logs import configure_logging
from tocsin.web.serving import serve

UNUSABLE = 1


def main() -> int:
    if len(sys.argv) != 4:
        sys.exit("usage: python -m tocsin.web.serve_machine DATA HOST PORT")
    data, host, port = sys.argv[1:]
    configure_logging(sys.stderr.isatty())
    try:
        serve(Settings(Path(data), host, int(port), os.environ.get("TOCSIN_DATABASE_URL") or None))
    except (CannotStart, DataDirectoryBusy) as error:
        sys.stderr.write(f"Tocsin does not start: {error}\n")
        return UNUSABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
