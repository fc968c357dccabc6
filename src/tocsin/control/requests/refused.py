"""How a request is refused."""


class Refused(Exception):
    """`code`: invalid (4xx), not_found, conflict, forbidden. `field` names the offending input or is ""."""

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.field = code, message, field
