"""Secrets: where they are written, how they are fetched on the machine, and what an export shows instead of them."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tocsin.config import document as yaml
from tocsin.config.document import Node, Scalar
from tocsin.config.forms import Json, Names, Noted, Reading, Tree, described, nearest
from tocsin.core.people import MissingSecret, Secret

# "The value the store has": read from an export, replaced before anything is planned or kept.
STORED = Secret()
_VARIABLE = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
IN_THE_CLEAR = "a secret in the clear; {env: NAME} or {file: PATH} keeps it out of Git"
_NOTE = "kept in the store; {env: NAME} or {file: PATH} would move it out"
_TELLING = ("token", "secret", "password", "key", "auth", "credential")
_WHERE_URLS_ARE_KEYS = ("slack", "mattermost", "discord", "teams")
MAX_SECRET = 64 * 1024  # bytes of a secret's file


def resolve(value: str | Secret, environment: Mapping[str, str] = os.environ) -> str:
    """The value itself: a literal, an environment variable, or a file's content without its last line end.

    Raises MissingSecret.
    """
    match value:
        case str():
            return value
        case Secret(env=str(name)):
            if not environment.get(name):
                raise MissingSecret(f"the environment variable {name} is not set on this machine")
            return environment[name].rstrip("\r\n")
        case Secret(file=str(path)):
            return _content(path)
        case Secret(sealed=str()):
            raise MissingSecret(
                "it was encrypted with a key that this machine does not have; give it in TOCSIN_ENCRYPTION_KEY, or set the"
                " secret anew"
            )
        case _:
            raise MissingSecret("the store has no value for it; write {env: NAME} or {file: PATH}")


def _content(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MAX_SECRET + 1)
    except (OSError, ValueError) as wrong:
        raise MissingSecret(
            f"the file {path} cannot be read on this machine: {getattr(wrong, 'strerror', wrong)}"
        ) from None
    if len(raw) > MAX_SECRET:
        raise MissingSecret(f"the file {path} is longer than {MAX_SECRET} bytes")
    try:
        text = raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise MissingSecret(f"the file {path} is not UTF-8") from None
    if not text:
        raise MissingSecret(f"the file {path} is empty")
    return text


def option_is_secret(name: str) -> bool:
    """Whether a channel's option with this name is a credential, by its name."""
    return any(word in name.lower() for word in _TELLING)


def address_is_secret(channel: str, address: str) -> bool:
    """Whether whoever reads this address can use it: a chat's incoming hook, a URL with a password or a query."""
    if channel in _WHERE_URLS_ARE_KEYS:
        return True
    try:
        parts = urlsplit(address)
    except ValueError:
        return True
    return bool(parts.scheme in ("http", "https") and (parts.username or parts.password or parts.query))


def write_secret(value: str | Secret) -> Tree:
    """Where it is, or that the store has it; never what it is."""
    match value:
        case Secret(env=str(name)):
            return {"env": name}
        case Secret(file=str(path)):
            return {"file": path}
        case _:
            return Noted({"stored": True}, _NOTE, value if isinstance(value, str) else "")


def read_secret(node: Node, reading: Reading, warn: bool) -> str | Secret:
    """`{env: NAME}`, `{file: PATH}`, `{stored: true}`, or the value itself (with a warning where `warn`)."""
    expected = "{env: NAME}, {file: PATH} or the value"
    if isinstance(node, Scalar) and not node.absent and node.text:
        if warn:
            reading.findings.warning(node.place, IN_THE_CLEAR)
        return node.text
    if not isinstance(node, yaml.Mapping):
        raise reading.findings.error(node.place, f"expected {expected}, found {described(node)}")
    for key, _ in node.entries:
        if key.text not in ("env", "file", "stored"):
            raise reading.findings.error(
                key.place, f"unknown key {key.text!r}{nearest(key.text, ('env', 'file'))}"
            )
    if len(node.entries) != 1:
        raise reading.findings.error(node.place, f"expected exactly one of env and file: {expected}")
    key, where = node.entries[0]
    if not isinstance(where, Scalar) or not where.text:
        raise reading.findings.error(where.place, f"expected {expected}, found {described(where)}")
    if key.text == "stored":
        if where.text != "true":
            raise reading.findings.error(where.place, "expected {stored: true}, as an export writes it")
        return STORED
    if key.text == "env":
        if not _VARIABLE.match(where.text):
            raise reading.findings.error(where.place, f"{where.text!r} is no name of an environment variable")
        return Secret(env=where.text)
    if not where.text.startswith("/"):
        raise reading.findings.error(where.place, f"expected an absolute path, found {where.text!r}")
    return Secret(file=where.text)


class SecretValue:
    """A key or a token, hidden whatever it is."""

    expected = "{env: NAME} or {file: PATH}"

    def read(self, node: Node, reading: Reading) -> str | Secret:
        return read_secret(node, reading, warn=True)

    def write(self, value: str | Secret, names: Names) -> Tree:
        return write_secret(value)

    def schema(self) -> Json:
        return SECRET_SCHEMA


_ELSEWHERE: Json = {
    "type": "object",
    "properties": {
        "env": {"type": "string", "description": "the environment variable that holds it"},
        "file": {"type": "string", "description": "the absolute path of the file that holds it"},
        "stored": {"const": True, "description": "what the store has already (as an export writes it)"},
    },
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}
SECRET_SCHEMA: Json = {"anyOf": [_ELSEWHERE, {"type": ["string", "number"]}]}
