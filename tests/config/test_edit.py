"""One noun made, changed or removed on screen: as a file would, with nothing that Git keeps touched and no secret shown."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.config.generated import configurations
from tests.config.house import EXAMPLE, NOW, apply_request, store
from tocsin.config.answers import ConfigFile
from tocsin.config.edit import Edited, NotEdited, put_noun, remove_noun, shown
from tocsin.config.load import load
from tocsin.config.perform import apply_view, export_view
from tocsin.config.schema.kinds import KINDS, Key, to_entry
from tocsin.control.requests import ApplyConfiguration
from tocsin.core.configuration import Origin
from tocsin.engine.store.memory.store import MemoryStore

HOOK = "http://127.0.0.1:9911/alice"
REACHED = {"contact": {"hook": {"webhook": HOOK}}, "notify": {"high": ["hook"]}}


def put(house: MemoryStore, kind: str, name: str, noun: dict[str, Any], seen: int | None = None) -> Edited:
    return house.run(lambda tx: put_noun(tx, kind, name, noun, seen, "alice", NOW))


def remove(house: MemoryStore, kind: str, name: str, seen: int | None = None) -> Edited:
    return house.run(lambda tx: remove_noun(tx, kind, name, seen, "alice", NOW))


def refused(house: MemoryStore, kind: str, name: str, noun: dict[str, Any]) -> tuple[str, str, str]:
    with pytest.raises(NotEdited) as caught:
        put(house, kind, name, noun)
    return caught.value.code, caught.value.field, caught.value.message


def from_git() -> MemoryStore:
    house = store()
    view = house.run(lambda tx: apply_view(tx, apply_request(EXAMPLE), "git", NOW))
    assert view.applied
    return house


def on_screen() -> MemoryStore:
    """A small house, made noun by noun in a newcomer's order."""
    house = store()
    put(house, "people", "alice", {"name": "Alice Ames", "email": "alice@example.com", **REACHED})
    put(house, "people", "bob", {"name": "Bob Brandt", **REACHED})
    put(house, "teams", "platform", {"members": ["alice", "bob"], "lead": "alice"})
    rotation = {"every": "1 week", "handoff": "Mon 09:00", "from": "2026-06-08", "people": ["alice", "bob"]}
    put(house, "schedules", "platform-primary", {"team": "platform", "layers": [{"rotation": rotation}]})
    steps = [{"page": "platform-primary", "wait": "10m"}]
    put(house, "policies", "platform", {"team": "platform", "steps": steps, "last_resort": "bob"})
    put(house, "services", "task-api", {"team": "platform", "policy": "platform"})
    put(house, "integrations", "prom", {"type": "alertmanager", "key": {"env": "PROM_KEY"}})
    put(house, "routes", "", {"page": "platform", "severity": "SEV2"})
    return house


@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    max_examples=6,
    phases=[Phase.generate],  # a counterexample made smaller costs minutes: each try checks whole houses
)
@given(configurations())
def test_putting_what_is_shown_changes_nothing(nouns: dict[Key, Any]) -> None:
    house = store()
    entries = [to_entry(kind, noun, Origin.PEOPLE, "bob") for (kind, _), noun in nouns.items()]
    house.run(lambda tx: tx.configuration.put(entries))
    before = house.read(lambda tx: (tx.configuration.revision(), tx.configuration.entries()))
    for entry in entries:
        if not KINDS[entry.kind].operational:
            assert put(house, entry.kind, entry.name, shown(entry, tuple(entries))).entry == entry
    assert house.read(lambda tx: (tx.configuration.revision(), tx.configuration.entries())) == before


def test_what_was_made_on_screen_is_exported_and_applied_elsewhere_as_the_same_facts() -> None:
    house, elsewhere = on_screen(), store()
    exported = house.read(export_view)
    view = elsewhere.run(lambda tx: apply_view(tx, ApplyConfiguration((exported,)), "git", NOW))
    assert view.applied, view.problems
    facts, again = house.read(load), elsewhere.read(load)
    assert json.loads(_said(facts)) == json.loads(_said(again))


def _said(facts: Any) -> bytes:
    import msgspec

    return msgspec.json.encode(msgspec.structs.replace(facts, revision=0, by_people=frozenset()))


def test_a_secret_that_was_typed_is_never_shown_and_survives_an_edit() -> None:
    house = on_screen()
    made = put(house, "integrations", "pd", {"type": "pagerduty", "key": "r4nd0m-and-long"})
    assert made.noun["key"] == {"stored": True}
    changed = put(house, "integrations", "pd", {**made.noun, "service": "task-api"})
    assert "r4nd0m" not in json.dumps(changed.noun)
    assert house.read(load).integrations["pd"].secret == "r4nd0m-and-long"


def test_what_git_keeps_is_neither_changed_nor_removed() -> None:
    house = from_git()
    code, _, message = refused(house, "services", "task-api", {"policy": "platform"})
    assert code == "conflict" and "comes from the applied files" in message
    with pytest.raises(NotEdited, match="comes from the applied files"):
        remove(house, "services", "task-api")


def test_beside_what_git_keeps_people_make_their_own() -> None:
    house = from_git()
    made = put(house, "services", "billing", {"team": "platform", "policy": "platform"})
    assert made.entry.origin == Origin.PEOPLE
    assert "billing" in house.read(load).services


@pytest.mark.parametrize(
    ("kind", "name", "noun", "field", "message"),
    [
        ("services", "x", {"policy": "platfrom"}, "policy", "did you mean 'platform'?"),
        ("services", "task-api", {"depends_on": ["task-api"]}, "depends_on", "in a ring"),
        ("services", "x", {"colour": "red"}, "colour", "unknown key"),
        ("services", "a/b", {}, "", "cannot be a name"),
        ("policies", "x", {"steps": [{"page": "mallory"}]}, "steps[0].page", "unknown"),
        ("policies", "x", {"steps": [{"page": "alice"}]}, "", "needs a last_resort"),
        ("integrations", "x", {"type": "alertmanager", "key": {"env": "PROM_KEY"}}, "key", "the same key"),
        ("people", "x", {"time_zone": "Mars/Base"}, "time_zone", "Mars/Base"),
        ("routes", "", {"page": "nobody"}, "page", "unknown policy"),
        ("nonsense", "x", {}, "kind", "expected one of"),
        ("silences", "x", {}, "kind", "requests of their own"),
        ("routes", "x", {}, "name", "without a name"),
    ],
)
def test_a_mistake_is_refused_at_its_field(
    kind: str, name: str, noun: dict[str, Any], field: str, message: str
) -> None:
    house = on_screen()
    revision = house.read(lambda tx: tx.configuration.revision())
    code, at, said = refused(house, kind, name, noun)
    assert (code, at) == ("invalid", field) and message in said
    assert house.read(lambda tx: tx.configuration.revision()) == revision


def test_an_edit_that_makes_something_else_wrong_is_refused_and_names_it() -> None:
    house = on_screen()
    code, field, message = refused(house, "people", "bob", {"name": "Bob Brandt"})
    assert (code, field) == ("invalid", "") and "policies.platform" in message


@pytest.mark.parametrize(
    ("kind", "name"),
    [("policies", "platform"), ("people", "bob"), ("teams", "platform"), ("schedules", "platform-primary")],
)
def test_what_something_else_needs_is_not_removed(kind: str, name: str) -> None:
    house = on_screen()
    with pytest.raises(NotEdited) as caught:
        remove(house, kind, name)
    assert caught.value.code == "invalid" and caught.value.message
    assert name in getattr(house.read(load), kind)


def test_what_nothing_needs_is_removed() -> None:
    house = on_screen()
    assert remove(house, "services", "task-api").noun == {"team": "platform", "policy": "platform"}
    assert "task-api" not in house.read(load).services
    with pytest.raises(NotEdited, match=r"there is no services\.task-api"):
        remove(house, "services", "task-api")


def test_whoever_saw_an_older_configuration_is_told_to_look_again() -> None:
    house = on_screen()
    seen = house.read(lambda tx: tx.configuration.revision())
    put(house, "services", "task-api", {"team": "platform"}, seen)
    for act in (
        lambda: put(house, "services", "task-api", {"policy": "platform"}, seen),
        lambda: remove(house, "services", "task-api", seen),
    ):
        with pytest.raises(NotEdited) as caught:
            act()
        assert (caught.value.code, caught.value.field) == ("conflict", "revision")


def test_an_entry_says_who_edited_it_last_and_when() -> None:
    house = on_screen()
    later = NOW + timedelta(hours=1)
    edited = house.run(
        lambda tx: put_noun(tx, "services", "task-api", {"name": "Tasks"}, None, "carol", later)
    )
    assert (edited.entry.created_by, edited.entry.created_at) == ("carol", int(later.timestamp() * 1_000_000))


def test_what_was_wrong_before_is_no_reason_to_refuse() -> None:
    """An empty house has no route yet; people may be added all the same."""
    house = store()
    assert put(house, "people", "alice", {"name": "Alice Ames"}).revision == 1


def test_files_are_still_applied_over_what_was_made_on_screen() -> None:
    house = on_screen()
    text = "services: {task-api: {name: From Git, team: platform, policy: platform}}"
    view = house.run(lambda tx: apply_view(tx, ApplyConfiguration((ConfigFile("a.yaml", text),)), "git", NOW))
    assert view.applied
    assert refused(house, "services", "task-api", {})[0] == "conflict"


def test_a_key_typed_into_a_form_is_not_warned_of_as_if_it_stood_in_a_file() -> None:
    made = put(
        on_screen(), "integrations", "scripts", {"type": "pagerduty", "key": "typed-in-by-hand-0123456789"}
    )
    assert made.warnings == ()
