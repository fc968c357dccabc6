"""Outgoing webhooks in their written form."""

from collections.abc import Callable

from tocsin.channels.http import check_url
from tocsin.channels.standard_webhooks import check_secret
from tocsin.config.document import Node
from tocsin.config.forms import Atom, Json, Many, Names, Reading, Tree, nearest
from tocsin.config.records import Field, Record
from tocsin.config.schema.people import TEAM
from tocsin.config.schema.routing import SERVICE
from tocsin.config.secrets import SECRET_SCHEMA, address_is_secret, read_secret, write_secret
from tocsin.config.values import INSTANT, SEVERITY, YES_OR_NO
from tocsin.core.people import Secret
from tocsin.core.webhooks import EVENTS, Webhook

LONGEST_URL = 2_000


class _Checked:
    """A value that may be written elsewhere; where it stands here, it is checked."""

    def __init__(self, check: Callable[[str], str], is_secret: Callable[[str], bool]) -> None:
        self._check, self._is_secret = check, is_secret

    def read(self, node: Node, reading: Reading) -> str | Secret:
        value = read_secret(node, reading, warn=False)
        if isinstance(value, str) and (wrong := self._check(value)):
            raise reading.findings.error(node.place, wrong)
        return value

    def write(self, value: str | Secret, names: Names) -> Tree:
        if isinstance(value, str) and not self._is_secret(value):
            return value
        return write_secret(value)

    def schema(self) -> Json:
        return SECRET_SCHEMA


def _url(text: str) -> str:
    return check_url(text) or (
        f"a URL has {LONGEST_URL:,} characters at most" if len(text) > LONGEST_URL else ""
    )


def _event(text: str) -> str:
    if text not in EVENTS:
        raise ValueError(f"unknown event {text!r}{nearest(text, EVENTS)}")
    return text


EVENT = Atom[str]("an event such as incident.opened", _event, str, {"enum": list(EVENTS)})
SECRET = _Checked(check_secret, lambda secret: True)

WEBHOOKS = Record(
    Webhook,
    Field("url", _Checked(_url, lambda url: address_is_secret("webhook", url)), required=True),
    Field("secret", SECRET, required=True),
    Field("events", Many(EVENT, one=True)),
    Field("teams", Many(TEAM, one=True)),
    Field("services", Many(SERVICE, one=True)),
    Field("severities", Many(SEVERITY, one=True)),
    Field("previous_secret", SECRET),
    Field("previous_until", INSTANT),
    Field("enabled", YES_OR_NO),
    named="key",
)
