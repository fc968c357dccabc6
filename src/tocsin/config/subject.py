"""What the checks are given: the configuration, where it is written, and the machine that it is to run on."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from tocsin.config.document import Place
from tocsin.config.forms import Findings
from tocsin.config.secrets import resolve
from tocsin.config.surroundings import Surroundings
from tocsin.core.configuration import Configuration
from tocsin.core.people import MissingSecret, Secret


class Subject(msgspec.Struct, frozen=True):
    """What is checked, and with what. `place` finds a dotted path in the files."""

    configuration: Configuration
    place: Callable[[str], Place]
    surroundings: Surroundings
    environment: Mapping[str, str]
    here: bool  # this is the machine that will run it, so a secret that is missing is an error
    now: datetime
    findings: Findings

    def error(self, path: str, message: str) -> None:
        self.findings.error(self.place(path), message)

    def warning(self, path: str, message: str) -> None:
        self.findings.warning(self.place(path), message)

    def resolved(self, path: str, value: str | Secret) -> str | None:
        """The value, or None and a finding when the machine does not have it."""
        if value == Secret():
            return None  # stored: it was there when it was written, and planning has checked that it still is
        try:
            return resolve(value, self.environment)
        except MissingSecret as missing:
            (self.error if self.here else self.warning)(path, str(missing))
            return None
