"""Secrets of this installation itself: the key that signs sessions and links, and the token of the API's door."""

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

SHORTEST_KEY = 32  # characters


class MissingSecret(Exception):
    """The named file has no key in it."""


def secret_key(environment: Mapping[str, str], data: Path) -> str:
    """What signs sessions and links: from TOCSIN_SECRET_KEY, from the file TOCSIN_SECRET_KEY_FILE names, or from
    `secret.key` in the data directory (0600), which the first call makes. Raises MissingSecret, OSError."""
    return _secret(environment, "TOCSIN_SECRET_KEY", data / "secret.key")


def api_token(environment: Mapping[str, str], data: Path) -> str:
    """What opens the API's door: from TOCSIN_TOKEN, from the file TOCSIN_TOKEN_FILE names, or from `api-token` in the data
    directory. Never empty, as that would let everybody in. Raises MissingSecret, OSError."""
    return _secret(environment, "TOCSIN_TOKEN", data / "api-token")


def encryption_keys(environment: Mapping[str, str], data: Path) -> tuple[str, ...]:
    """What secrets at rest are encrypted with: from TOCSIN_ENCRYPTION_KEY or the file TOCSIN_ENCRYPTION_KEY_FILE names,
    several apart by commas or spaces. The first encrypts, all decrypt, and so does one derived from the secret key, which
    alone serves unless any is given. Raises MissingSecret, OSError."""
    given = environment.get("TOCSIN_ENCRYPTION_KEY", "")
    if not given.strip() and (named := environment.get("TOCSIN_ENCRYPTION_KEY_FILE")):
        try:
            given = Path(named).read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise MissingSecret(f"TOCSIN_ENCRYPTION_KEY_FILE: {named} cannot be read: {error}") from None
        if not given.strip():
            raise MissingSecret(f"{named} holds no key; put a long random text into it")
    keys = given.replace(",", " ").split()
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise MissingSecret(
            f"a key in TOCSIN_ENCRYPTION_KEY is shorter than {SHORTEST_KEY} characters; `openssl rand -hex 32` makes one"
        )
    return (*keys, secret_key(environment, data))


def _secret(environment: Mapping[str, str], variable: str, kept: Path) -> str:
    given = environment.get(variable, "").strip()
    if given:
        return given
    named = environment.get(f"{variable}_FILE")
    path = Path(named) if named else kept
    if not named and not path.exists():
        _make(path)
    key = path.read_text().strip()
    if not key:
        raise MissingSecret(
            f"{path} holds no key; put a long random text into it, or remove it if it is Tocsin's own"
        )
    return key


def _make(path: Path) -> None:
    """Whole or not at all, and the first of two processes wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
