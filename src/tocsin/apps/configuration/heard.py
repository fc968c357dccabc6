"""When each integration was heard, for people: the last event, and whether its silence is longer than is usual for it."""

from datetime import datetime, timedelta

import msgspec

from tocsin.apps.configuration.models import Heard as Row
from tocsin.core.configuration import Configuration
from tocsin.core.detect.hearing import Heard, never_heard, silent_unusually
from tocsin.core.instants import instant, micros

_COLUMNS = tuple(field.name for field in msgspec.structs.fields(Heard))


class Standing(msgspec.Struct, frozen=True):
    """`last` None: nothing came since `since`, when Tocsin began to listen. `usual`: the longest it was silent lately."""

    integration: str
    since: datetime
    last: datetime | None
    usual: timedelta
    silent: bool  # for longer than is usual for it
    never: bool  # was heard, though it was set up a while ago


def standings(configuration: Configuration, now: datetime) -> dict[str, Standing]:
    """By integration. One query, of a row an integration."""
    if not configuration.integrations:
        return {}
    rows = Row.objects.order_by("integration").values_list(*_COLUMNS)
    known = (Heard(*row) for row in rows)
    return {
        each.integration: _standing(each, now)
        for each in known
        if each.integration in configuration.integrations
    }


def troubling(configuration: Configuration, now: datetime) -> list[Standing]:
    """Those that somebody should look at: fallen silent first, then those that never spoke."""
    found = [each for each in standings(configuration, now).values() if each.silent or each.never]
    return sorted(found, key=lambda each: (each.never, each.integration))


def _standing(known: Heard, now: datetime) -> Standing:
    at = micros(now)
    return Standing(
        integration=known.integration,
        since=instant(known.since),
        last=instant(known.last_at) if known.last_at else None,
        usual=timedelta(microseconds=known.usual),
        silent=silent_unusually(known, at),
        never=never_heard(known, at),
    )
