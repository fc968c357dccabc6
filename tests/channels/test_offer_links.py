"""Signed links of what a message offers: exactly that act, on exactly that, for exactly this person; asked once more."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.channels.letters import HOSTILE, a_status
from tests.channels.test_reply_links import SECRET, House
from tocsin.channels.console.frame import panel
from tocsin.channels.email.letter import html_part, plain_part
from tocsin.channels.links import LinkClaims, LinkError, sign, sign_offer, verify
from tocsin.channels.mattermost import send as mattermost
from tocsin.channels.ntfy.send import encode
from tocsin.channels.replies import NotTaken, Question, Replies
from tocsin.channels.slack import send as slack
from tocsin.channels.webhook.send import payload as posted
from tocsin.channels.webpush.payload import payload as pushed
from tocsin.core.respond.message import Button, Message

NOW = datetime(2026, 6, 14, 14, 36, tzinfo=UTC)
LATER = NOW + timedelta(days=14)
OPENS = "https://tocsin.example.com/on-call/swaps/3f9a"
TAKE, DECLINE = "https://tocsin.example.com/r/take", "https://tocsin.example.com/r/decline"


class Offers(House):
    def __init__(self) -> None:
        super().__init__()
        self.question = Question("Take this shift?", HOSTILE, "Take it")
        self.app = Replies(
            SECRET, self.act, lambda: NOW, self.describe, "https://tocsin.example.com/", self.ask_about
        )

    async def ask_about(self, claims: LinkClaims) -> Question:
        return self.question

    async def act(self, claims: LinkClaims) -> str:
        if self.refuse:
            raise NotTaken(self.refuse, again=False)
        self.done.append(claims)
        return "You are on call for it."


def token(act: str = "accept_swap", subject: str = "3f9a") -> str:
    return sign_offer(SECRET, act, subject, "bob", LATER)


async def test_fetching_it_asks_and_does_nothing() -> None:
    house = Offers()
    status, _, page = await house.ask("GET", token())
    assert (status, house.done) == (200, [])
    assert "Take this shift?" in page and "Take it</button>" in page and "As bob." in page
    assert "<script>" not in page


async def test_pressing_it_does_exactly_that() -> None:
    house = Offers()
    status, _, page = await house.ask("POST", token())
    assert (status, "You are on call for it." in page) == (200, True)
    (claims,) = house.done
    assert (claims.action, claims.subject, claims.person, claims.incidents) == (
        "accept_swap",
        "3f9a",
        "bob",
        (),
    )


async def test_what_is_over_has_no_button_and_who_comes_too_late_is_told() -> None:
    house = Offers()
    house.question = Question("This shift is no longer offered", "It was taken.")
    _, _, page = await house.ask("GET", token())
    assert "<button" not in page and "Open Tocsin" in page
    house.refuse = "Carol Cole has taken it already"
    status, _, page = await house.ask("POST", token())
    assert status == 409 and "Carol Cole has taken it already" in page and "<button" not in page


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60), st.text(min_size=0, max_size=30))
def test_what_is_signed_is_what_is_granted(subject: str, person: str) -> None:
    try:
        signed = sign_offer(SECRET, "decline_swap", subject, person, LATER)
    except (ValueError, UnicodeEncodeError):
        return
    claims = verify(SECRET, signed, NOW)
    assert isinstance(claims, LinkClaims)
    assert (claims.action, claims.subject, claims.person) == ("decline_swap", subject, person)
    assert verify(SECRET, signed, LATER) is LinkError.EXPIRED
    assert verify(b"another" * 5, signed, NOW) is LinkError.FORGED


def test_an_offer_is_no_acknowledgement_and_none_is_unknown() -> None:
    acknowledges = verify(SECRET, sign(SECRET, "acknowledge", (7,), "bob", LATER), NOW)
    assert isinstance(acknowledges, LinkClaims) and acknowledges.subject == ""
    for act, subject in (("acknowledge", "7"), ("drop_table", "7"), ("accept_swap", "")):
        with pytest.raises(ValueError, match="link"):
            sign_offer(SECRET, act, subject, "bob", LATER)


def notice() -> Message:
    return replace(
        a_status(),
        items=(),
        title="Bob Brandt offers you a shift",
        text=f"platform-primary from Mon 15 Jun 09:00.\nOpen: {OPENS}",
        opens=OPENS,
        buttons=(Button("Take it", TAKE), Button(HOSTILE, DECLINE)),
    )


def test_every_channel_shows_the_buttons_and_where_it_leads() -> None:
    message = notice()
    shown = {
        "email": plain_part(message) + html_part(message),
        "slack": str(slack.payload(message)),
        "mattermost": str(mattermost.payload(message)),
        "ntfy": encode(message, "bob").decode(),
        "webhook": str(posted(message)),
    }
    for channel, text in shown.items():
        assert TAKE in text and DECLINE in text and OPENS in text, channel
        assert "Take it" in text, channel
    assert pushed(message).url == "/on-call/swaps/3f9a"
    assert panel(message, "bob", 80) is not None
    assert "<script>" not in html_part(message)
    assert "<!channel>" not in shown["slack"]
