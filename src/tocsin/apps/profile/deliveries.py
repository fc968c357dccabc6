"""What became of the last message to each contact method, as its address remembers it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from tocsin.apps.incidents.models import Address
from tocsin.core.configuration import Configuration
from tocsin.core.people import Person
from tocsin.core.respond.deliver import queue_of
from tocsin.core.respond.delivery import AddressState, Purpose, Tried
from tocsin.engine.addresses import method_address


class LastDelivery(msgspec.Struct, frozen=True):
    """`why` is the provider's word when it was not delivered; `again_at` when it is tried again, None when it is not."""

    at: datetime
    delivered: bool
    why: str = ""
    again_at: datetime | None = None


def last_deliveries(facts: Configuration, person: Person) -> dict[str, LastDelivery]:
    """By contact method, pages and news alike; without those that nothing was sent to. One query."""
    queues: dict[str, str] = {}
    for method in person.contact:
        address = method_address(facts, person.key, method.name)
        if address is not None:
            for purpose in (Purpose.PAGE, Purpose.STATUS):
                queues[queue_of(address.key, purpose)] = method.name
    rows = Address.objects.filter(address_key__in=list(queues)).values_list("address_key", "document")
    found: dict[str, LastDelivery] = {}
    for key, last in _known(rows):
        method_name = queues[key]
        if method_name not in found or found[method_name].at < last.at:
            found[method_name] = last
    return found


def _known(rows: Iterable[tuple[str, bytes]]) -> Iterable[tuple[str, LastDelivery]]:
    """What a later version wrote is passed over: it is only shown."""
    for key, document in rows:
        try:
            state = msgspec.json.decode(bytes(document), type=AddressState)
        except (msgspec.DecodeError, ValueError):
            continue
        if state.last is not None:
            yield key, _shown(state, state.last)


def _shown(state: AddressState, last: Tried) -> LastDelivery:
    retries = [retry.retry_at for retry in state.retries]
    again_at = None if last.delivered else min(retries, default=None)
    return LastDelivery(last.at, last.delivered, last.why, again_at)
