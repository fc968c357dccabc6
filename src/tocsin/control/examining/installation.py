"""Files, keys, addresses, mail, disk, clock, database: what stands around the house."""

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from tocsin.control.requests import Finding
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.engine.store.protocol import PeopleStanding

SHORT_KEY = 32  # characters; what Tocsin makes itself has 64
LITTLE_ROOM, NO_ROOM = 2 * 1024**3, 256 * 1024**2  # bytes free
OFF_BY = 2_000_000  # microseconds between this clock and the database's
AHEAD = 60_000_000  # microseconds that the newest record may lie in the future
OLDEST_SQLITE, OLDEST_POSTGRESQL = (3, 35), (14,)
KEPT_PRIVATE = ("secret.key", "api-token", "tocsin.sqlite3", "inbox.sqlite3", "first-admin-link", "vapid.pem")


class Place(msgspec.Struct, frozen=True):
    environment: Mapping[str, str]
    data: Path | None
    postgres: bool


def findings(
    place: Place, facts: Configuration, people: PeopleStanding, store_now: int, now: datetime
) -> Iterator[Finding]:
    yield from _secret_key(place)
    yield from _files(place)
    yield from _public_url(place, facts)
    yield from _mail(place, facts)
    yield from _disk(place)
    yield from _clock(place, people, store_now, now)
    yield from _database(place, people)
    yield from _backups(place)


def _secret_key(place: Place) -> Iterator[Finding]:
    given = place.environment.get("TOCSIN_SECRET_KEY", "").strip()
    named = place.environment.get("TOCSIN_SECRET_KEY_FILE")
    try:
        key = given or (Path(named) if named else (place.data or Path()) / "secret.key").read_text().strip()
    except OSError as error:
        yield Finding(
            "secret key",
            "bad",
            f"It cannot be read: {error.strerror}.",
            "Set TOCSIN_SECRET_KEY_FILE, or start the server once.",
        )
        return
    if len(key) < SHORT_KEY or len(set(key)) < 8:
        yield Finding(
            "secret key",
            "bad",
            f"It has {len(key)} characters and may be guessed; whoever does signs in as anybody.",
            f"Put at least {SHORT_KEY} random characters there. Everybody then signs in anew.",
        )
    elif given:
        yield Finding(
            "secret key",
            "note",
            "It is in the environment, which other programs of the same user can read.",
            "TOCSIN_SECRET_KEY_FILE keeps it in a file.",
        )
    else:
        yield Finding("secret key", "good", "It is long and in a file.")


def _files(place: Place) -> Iterator[Finding]:
    if place.data is None or not place.data.is_dir():
        return
    inside = [place.data / name for name in KEPT_PRIVATE]  # out of reach as long as the directory is
    open_ones = (
        [path for path in (place.data, *inside) if _open_to_others(path)]
        if _open_to_others(place.data)
        else []
    )
    for path in open_ones:
        yield Finding(
            "data directory",
            "bad",
            f"{path} is open to other users of this machine.",
            f"chmod go-rwx {path}",
        )
    if not open_ones:
        yield Finding("data directory", "good", f"{place.data} is its owner's alone.")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        yield Finding(
            "user", "warning", "Tocsin runs as root, which it never needs.", "Give it a user of its own."
        )


def _open_to_others(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except OSError:
        return False


def _public_url(place: Place, facts: Configuration) -> Iterator[Finding]:
    url = place.environment.get("TOCSIN_PUBLIC_URL") or facts.defaults.base_url
    if not url:
        yield Finding(
            "public address",
            "warning",
            "Nobody said how people reach this server, so links in messages lead to the address it listens on.",
            "Set TOCSIN_PUBLIC_URL, for example https://tocsin.example.",
        )
        return
    parts = urlsplit(url)
    if parts.scheme == "https":
        yield Finding("public address", "good", f"{url} is encrypted.")
        if not place.environment.get("TOCSIN_TRUSTED_PROXIES"):
            yield Finding(
                "public address",
                "note",
                "No proxy is trusted, so limits and the audit log see the address of the proxy in front.",
                "Set TOCSIN_TRUSTED_PROXIES to the proxy's address.",
            )
    elif _is_this_machine(parts.hostname or ""):
        yield Finding(
            "public address",
            "warning",
            f"{url} is this machine: links in messages work nowhere else.",
            "Set TOCSIN_PUBLIC_URL.",
        )
    else:
        yield Finding(
            "public address",
            "bad",
            f"{url} is not encrypted: passwords and sessions can be read on their way.",
            "Put a proxy with a certificate in front and set TOCSIN_PUBLIC_URL to its https address.",
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _mail(place: Place, facts: Configuration) -> Iterator[Finding]:
    if place.environment.get("TOCSIN_EMAIL_HOST"):
        yield Finding("mail", "good", f"Mail leaves by {place.environment['TOCSIN_EMAIL_HOST']}.")
        return
    users = sorted(
        person.key
        for person in facts.people.values()
        if any(m.channel == "email" and "host" not in m.options for m in person.contact)
    )
    if users:
        yield Finding(
            "mail",
            "bad",
            f"{', '.join(users[:10])} would be paged by e-mail, but there is no mail server.",
            "Set TOCSIN_EMAIL_HOST and TOCSIN_EMAIL_FROM.",
        )
    else:
        yield Finding(
            "mail",
            "note",
            "There is no mail server: invitations and new passwords are links that an administrator passes on.",
            "Set TOCSIN_EMAIL_HOST and TOCSIN_EMAIL_FROM.",
        )


def _disk(place: Place) -> Iterator[Finding]:
    if place.data is None or not place.data.is_dir():
        return
    free = shutil.disk_usage(place.data).free
    said = f"{free / 1024**3:.1f} GiB are free at {place.data}."
    if free < NO_ROOM:
        yield Finding(
            "disk", "bad", said + " When it is full no alert is accepted.", "Make room, or move the data."
        )
    elif free < LITTLE_ROOM:
        yield Finding("disk", "warning", said, "Make room, or move the data.")
    else:
        yield Finding("disk", "good", said)


def _clock(place: Place, people: PeopleStanding, store_now: int, now: datetime) -> Iterator[Finding]:
    here = micros(now)
    if place.postgres and abs(here - store_now) > OFF_BY:
        yield Finding(
            "clock",
            "bad",
            f"This clock and the database's are {abs(here - store_now) / 1e6:.1f} s apart.",
            "Let both follow a time server.",
        )
    elif people.newest_audit > here + AHEAD:
        yield Finding(
            "clock",
            "bad",
            "The newest record lies in the future: the clock was set back, or is wrong now.",
            "Let it follow a time server.",
        )
    else:
        yield Finding("clock", "good", "It agrees with the records.")


def _database(place: Place, people: PeopleStanding) -> Iterator[Finding]:
    if not people.database:
        return
    name, oldest = ("PostgreSQL", OLDEST_POSTGRESQL) if place.postgres else ("SQLite", OLDEST_SQLITE)
    version = tuple(int(part) for part in people.database.split()[0].split(".") if part.isdigit())
    last = f"; last migrated by {people.last_migration}" if people.last_migration else ""
    if version and version < oldest:
        wanted = ".".join(map(str, oldest))
        yield Finding("database", "bad", f"{name} {people.database} is too old.", f"Use {wanted} or newer.")
    else:
        yield Finding("database", "good", f"{name} {people.database}{last}.")
    if not people.audit_protected:
        yield Finding(
            "audit log",
            "bad",
            "The database would let entries be changed or removed.",
            "Start the server of this version once; if that does not help, somebody took the triggers away.",
        )


def _backups(place: Place) -> Iterator[Finding]:
    how = (
        "pg_dump, or continuous archiving, of its database"
        if place.postgres
        else "sqlite3's .backup of tocsin.sqlite3 and inbox.sqlite3, and a copy of secret.key"
    )
    yield Finding(
        "backups", "note", "Tocsin makes none itself and cannot see yours.", f"Make them with {how}; try one."
    )
