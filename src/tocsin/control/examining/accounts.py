"""Who can come in, and what could be stolen from them."""

from collections.abc import Iterator

from tocsin.control.requests import Finding
from tocsin.engine.store.protocol import PeopleStanding

SHOWN = 10


def findings(people: PeopleStanding) -> Iterator[Finding]:
    if not people.accounts:
        yield Finding(
            "accounts",
            "warning",
            "Nobody can sign in yet; whoever has the first link becomes the administrator.",
            "Open the link that the server printed at its start.",
        )
    if people.without_second_factor:
        yield Finding(
            "second factor",
            "warning",
            f"A stolen password is enough to be {_named(people.without_second_factor)}.",
            "Let them add a passkey or an authenticator app in their security settings.",
        )
    elif people.accounts:
        yield Finding("second factor", "good", "Every account has one.")
    if people.tokens_without_end:
        yield Finding(
            "API tokens",
            "warning",
            f"These never expire: {_named(people.tokens_without_end)}.",
            "Make new ones with an end and revoke these.",
        )


def _named(names: tuple[str, ...]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
