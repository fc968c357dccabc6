"""The provider of `provider.mjs`, installed by npm from its lock into a directory of its own, and started."""

import contextlib
import functools
import json
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.programs import Program, answers, free_port, installed, lacking

HERE = Path(__file__).parent
CLIENT = {"client_id": "tocsin", "client_secret": "a-secret-of-the-tests"}


class IdentityProvider:
    def __init__(self, program: Program, port: int) -> None:
        self.program = program
        self.issuer = f"http://127.0.0.1:{port}"

    def signs_in(self, claims: dict[str, Any] | None) -> None:
        """Whoever comes from now on is this one; None: says no."""
        request = urllib.request.Request(f"{self.issuer}/who", json.dumps(claims).encode(), method="PUT")
        urllib.request.urlopen(request, timeout=10).close()


@functools.cache
def _installed() -> tempfile.TemporaryDirectory[str]:
    """The packages, once a session."""
    npm = installed("npm", "npm")
    directory = tempfile.TemporaryDirectory(prefix="tocsin-oidc-")
    for name in ("package.json", "package-lock.json", "provider.mjs"):
        shutil.copy(HERE / name, directory.name)
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=directory.name,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        lacking(f"npm cannot install the OpenID provider: {done.stderr[-500:]}")
    return directory


@contextlib.contextmanager
def running_provider(log: Path, *redirects: str) -> Iterator[IdentityProvider]:
    """Skips the test where node or its packages are not to be had, unless CI demands them."""
    node = installed("node", "nodejs")
    home, port = _installed().name, free_port()
    program = Program("oidc-provider", [node, Path(home) / "provider.mjs", port, *redirects], log)
    program.start()
    try:
        found = IdentityProvider(program, port)
        discovery = f"{found.issuer}/.well-known/openid-configuration"
        program.await_that(lambda: answers(discovery)[0] == 200, "answers")
        yield found
    finally:
        program.show()
        program.stop()
