"""Absolute links into this installation, as messages carry them."""

from datetime import datetime, timedelta

import msgspec

from tocsin.channels.links import sign, sign_offer
from tocsin.channels.replies import PREFIX
from tocsin.core.configuration import Configuration
from tocsin.core.respond.delivery import Offer

VALID = timedelta(days=3)  # an action link outlives a long incident, not a stolen mailbox
OFFER_VALID = timedelta(days=14)  # a swap is thought over, and nobody is woken by what it does


class HouseLinks(msgspec.Struct, frozen=True):
    """`Links` of the message composer: incident pages, and signed acknowledge and resolve links for one person."""

    base_url: str
    secret: bytes
    now: datetime

    def incident(self, incident: int) -> str:
        return f"{self.base_url}/incidents/{incident}"

    def acknowledge(self, incidents: tuple[int, ...], person: str) -> str:
        return self._signed("acknowledge", incidents, person)

    def resolve(self, incidents: tuple[int, ...], person: str) -> str:
        return self._signed("resolve", incidents, person)

    def screen(self, path: str) -> str:
        return f"{self.base_url}{path}"

    def offer(self, offer: Offer, person: str) -> str:
        token = sign_offer(self.secret, offer.act, offer.subject, person, self.now + OFFER_VALID)
        return f"{self.base_url}{PREFIX}{token}"

    def _signed(self, action: str, incidents: tuple[int, ...], person: str) -> str:
        token = sign(
            self.secret,
            "resolve" if action == "resolve" else "acknowledge",
            incidents,
            person,
            self.now + VALID,
        )
        return f"{self.base_url}{PREFIX}{token}"


def house_links(
    facts: Configuration, secret: bytes, now: datetime, public_url: str = "", listening: str = ""
) -> HouseLinks:
    """How people reach this installation: what this machine's owner says (TOCSIN_PUBLIC_URL), else what the configuration
    says, else where the server listens."""
    return HouseLinks((public_url or facts.defaults.base_url or listening).rstrip("/"), secret, now)
