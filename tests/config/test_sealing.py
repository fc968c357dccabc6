"""Secrets at rest: sealed where they are kept, opened where they are read, under any key that is known."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.config import sealing
from tocsin.config.load import load_all
from tocsin.config.resealing import reseal
from tocsin.config.schema.kinds import decoded, from_entry, to_entry
from tocsin.config.secrets import resolve
from tocsin.core.configuration import Chat, Heartbeat, Integration, Origin
from tocsin.core.people import ContactChange, ContactMethod, MissingSecret, Person, Secret
from tocsin.core.webhooks import Webhook
from tocsin.engine.store.memory.store import MemoryStore
from tocsin.engine.store.protocol import Entry, Transaction

OLD, NEW = "an old key, and long enough to be one", "a new key, and long enough to be one too"
NOUNS = (
    ("integrations", Integration("prom", "prometheus", "the-secret")),
    ("heartbeats", Heartbeat("cron", timedelta(minutes=1), ping_key="the-secret")),
    ("chats", Chat("ops", "slack", "https://hooks.example.com/the-secret")),
    ("webhooks", Webhook("w", "https://example.com/?token=the-secret", "whsec_the-secret")),
    (
        "people",
        Person(
            "alice",
            "Alice",
            contact=(ContactMethod("push", "ntfy", "https://ntfy.example/a", {"token": "the-secret"}),),
        ),
    ),
)


@pytest.fixture(autouse=True)
def _keys() -> Iterator[None]:
    before = sealing._sealer
    sealing.use((OLD,))
    yield
    sealing._sealer = before


@pytest.mark.parametrize(("kind", "noun"), NOUNS)
def test_a_secret_is_sealed_in_the_store_and_open_in_the_noun(kind: str, noun: object) -> None:
    entry = to_entry(kind, noun, Origin.PEOPLE)
    assert b"the-secret" not in entry.document and b"sealed" in entry.document
    assert from_entry(entry) == noun


def test_what_is_no_secret_stays_readable() -> None:
    person = Person("alice", "Alice", contact=(ContactMethod("mail", "email", "alice@example.com"),))
    assert b"alice@example.com" in to_entry("people", person).document


def test_a_change_of_contact_is_sealed_with_both_addresses() -> None:
    method = ContactMethod("hook", "slack", "https://hooks.example.com/the-secret")
    change = ContactChange("alice", "hook", wanted=method, former=method)
    assert "the-secret" not in repr(sealing.sealed(change))
    assert sealing.opened(sealing.sealed(change)) == change


def test_entries_from_before_stay_readable() -> None:
    plain = Entry("integrations", "prom", b'{"key":"prom","type":"prometheus","secret":"the-secret"}')
    assert from_entry(plain).secret == "the-secret"


def test_without_the_key_only_the_secret_is_lost_and_it_says_why() -> None:
    entry = to_entry(*NOUNS[4])
    sealing.use((NEW,))
    person = from_entry(entry)
    assert person.name == "Alice"
    token = person.contact[0].options["token"]
    assert isinstance(token, Secret) and token.sealed
    with pytest.raises(MissingSecret, match="TOCSIN_ENCRYPTION_KEY"):
        resolve(token)


def test_a_spoiled_token_is_a_missing_secret_and_no_crash() -> None:
    spoiled = Entry(
        "integrations", "prom", b'{"key":"prom","type":"prometheus","secret":{"sealed":"gAAAA-\xc3\xa9"}}'
    )
    with pytest.raises(MissingSecret):
        resolve(from_entry(spoiled).secret)


def test_a_new_key_in_front_takes_over_at_the_next_start() -> None:
    store = MemoryStore(lambda: 0)
    entries = [to_entry(kind, noun, Origin.PEOPLE) for kind, noun in NOUNS]
    entries.append(Entry("integrations", "pd", b'{"key":"pd","type":"pagerduty","secret":"plain-secret"}'))
    store.run(lambda tx: tx.configuration.put(entries))
    revision = store.read(lambda tx: tx.configuration.revision())
    sealing.use((NEW, OLD))
    assert store.run(reseal).stale >= len(entries)
    assert store.run(reseal).stale == 0
    sealing.use((NEW,))
    facts = store.read(lambda tx: load_all(tx).configuration)
    assert facts.integrations["prom"].secret == "the-secret"
    assert facts.integrations["pd"].secret == "plain-secret"
    assert facts.webhooks["w"].secret == "whsec_the-secret"
    assert store.read(lambda tx: tx.configuration.revision()) == revision


def test_what_no_key_opens_is_left_as_it_is() -> None:
    store = MemoryStore(lambda: 0)
    entry = to_entry(*NOUNS[0])
    store.run(lambda tx: tx.configuration.put([entry]))
    sealing.use((NEW,))
    assert store.run(reseal).stale == 0

    def there(tx: Transaction) -> Entry:
        return tx.configuration.entries()[0]

    assert decoded(store.read(there)) == decoded(entry)


def test_without_any_key_nothing_is_sealed() -> None:
    sealing.use(())
    assert b"the-secret" in to_entry(*NOUNS[0]).document


def test_the_instant_of_a_rotation_survives() -> None:
    until = datetime(2026, 6, 14, tzinfo=UTC)
    webhook = Webhook("w", "https://example.com/", "whsec_a", previous_secret="whsec_b", previous_until=until)
    assert from_entry(to_entry("webhooks", webhook)) == webhook
