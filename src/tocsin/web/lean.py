"""Imported first by servers: keeps out of memory what only terminals want.

structlog imports rich where it is installed, as it is for the command line: some 4 MiB in each process.
"""

import sys

_hidden = "rich" not in sys.modules
if _hidden:
    sys.modules["rich"] = None  # type: ignore[assignment]

import structlog  # noqa: E402, F401

if _hidden:
    del sys.modules["rich"]
