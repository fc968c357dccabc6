"""A plan says in readable lines what applying would do; applying does exactly that, in one transaction."""

from datetime import date, timedelta

import msgspec
import pytest

from tests.config.house import EXAMPLE, NOW, apply_request, changes, edited, plan_request, store
from tocsin.config.answers import PlanView
from tocsin.config.load import load, load_all
from tocsin.config.perform import apply_view, export_view, plan_view
from tocsin.config.schema.kinds import to_entry
from tocsin.core.configuration import Maintenance, Origin, Silence
from tocsin.core.detect.matchers import parse_matchers
from tocsin.core.instants import micros
from tocsin.core.oncall.shifts import who_is_on_call
from tocsin.core.people import ContactMethod, Team
from tocsin.engine.store.memory.store import MemoryStore
from tocsin.engine.store.protocol import Entry


@pytest.fixture
def house() -> MemoryStore:
    """The example, applied."""
    made = store()
    apply(made, EXAMPLE)
    return made


def apply(
    house: MemoryStore, *texts: str, prune: bool = False, now_later: timedelta = timedelta(0)
) -> PlanView:
    view = house.run(lambda tx: apply_view(tx, apply_request(*texts, prune=prune), "alice", NOW + now_later))
    assert [problem for problem in view.problems if problem.level == "error"] == []
    return view


def plan(house: MemoryStore, *texts: str, prune: bool = False) -> PlanView:
    return house.read(lambda tx: plan_view(tx, plan_request(*texts, prune=prune)))


def put(house: MemoryStore, *entries: Entry) -> None:
    house.run(lambda tx: tx.configuration.put(entries))


def entry(house: MemoryStore, kind: str, name: str) -> Entry:
    return next(e for e in house.read(lambda tx: tx.configuration.entries([kind])) if e.name == name)


# --- plan ------------------------------------------------------------------------------------------------------------


def test_a_first_plan_adds_everything_in_the_order_of_the_guide() -> None:
    assert changes(plan(store(), EXAMPLE)) == [
        "add people.alice",
        "add people.bob",
        "add teams.platform",
        "add schedules.platform-primary",
        "add schedules.platform-secondary",
        "add policies.platform",
        "add services.task-api",
        "add chats.alerts",
        "add chats.alerts-low-priority",
        "add integrations.pd",
        "add integrations.prom",
        "add routes",
    ]


def test_planning_changes_nothing(house: MemoryStore) -> None:
    before = house.read(lambda tx: tx.configuration.entries())
    plan(house, edited("repeat: 2", "repeat: 3"), prune=True)
    assert house.read(lambda tx: tx.configuration.entries()) == before


def test_a_change_shows_each_field_as_it_is_written(house: MemoryStore) -> None:
    text = edited("{page: platform-primary, wait: 10m}", "{page: [platform-primary, bob], wait: 1h30m}")
    (line,) = plan(house, text).lines
    assert (line.change, line.kind, line.name) == ("change", "policies", "platform")
    assert line.fields == (
        "steps[0].page: platform-primary -> [platform-primary, bob]",
        "steps[0].wait: 10m -> 1h30m",
    )


def test_a_field_that_comes_or_goes_says_so(house: MemoryStore) -> None:
    (line,) = plan(
        house, edited("{team: platform, policy: platform}", "{name: The API, team: platform}")
    ).lines
    assert line.fields == ("name: (not set) -> The API", "policy: platform -> (not set)")


def test_a_secret_that_changes_is_never_shown(house: MemoryStore) -> None:
    apply(house, edited("key: {env: PD_KEY}", "key: first-literal-key"))
    (line,) = plan(house, edited("key: {env: PD_KEY}", "key: second-literal-key")).lines
    assert line.fields == ("key: changed (hidden)",)


def test_what_vanished_from_the_files_is_kept_unless_pruned(house: MemoryStore) -> None:
    text = edited("services: {task-api: {team: platform, policy: platform}}\n", "")
    assert changes(plan(house, text)) == ["keep services.task-api"]
    assert changes(plan(house, text, prune=True)) == ["remove services.task-api"]


def test_what_is_kept_may_still_be_referred_to(house: MemoryStore) -> None:
    view = plan(house, "services: {other: {team: platform, policy: platform}}")
    assert [p for p in view.problems if p.level == "error"] == []
    pruned = plan(house, "services: {other: {team: platform, policy: platform}}", prune=True)
    assert any("unknown team 'platform'" in p.message for p in pruned.problems)


def test_a_plan_with_errors_has_no_lines(house: MemoryStore) -> None:
    view = plan(house, edited("repeat: 2", "repeat: often"))
    assert view.lines == ()
    assert view.problems[0].message == "expected a whole number from 0 to 100, found 'often'"


# --- apply -----------------------------------------------------------------------------------------------------------


def test_applying_twice_changes_nothing_the_second_time(house: MemoryStore) -> None:
    revision = house.read(lambda tx: tx.configuration.revision())
    view = apply(house, EXAMPLE)
    assert (view.lines, view.revision, view.applied) == ((), revision, True)


def test_applying_moves_the_revision_by_one_and_wakes_the_others() -> None:
    woken: list[frozenset[str]] = []
    made = MemoryStore(lambda: micros(NOW), woken.append)
    assert apply(made, EXAMPLE).revision == 1
    assert woken == [frozenset({"configuration"})]


def test_with_an_error_nothing_is_applied(house: MemoryStore) -> None:
    text = edited("repeat: 2", "repeat: 3").replace("wait: 10m}],", "wait: x}],")
    view = house.run(lambda tx: apply_view(tx, apply_request(text), "alice", NOW))
    assert not view.applied
    assert house.read(load).policies["platform"].repeat == 2


def test_what_is_applied_is_what_decisions_read(house: MemoryStore) -> None:
    facts = house.read(load)
    assert facts.revision == 1
    assert sorted(facts.people) == ["alice", "bob"]
    assert facts.route.routes[0].page == "platform"
    on_call = who_is_on_call(facts.schedules, "platform-secondary", NOW, facts.overrides)
    assert len(on_call.people) == 1


def test_a_changed_noun_remembers_when_it_was_made(house: MemoryStore) -> None:
    apply(house, edited("repeat: 2", "repeat: 3"), now_later=timedelta(days=1))
    assert entry(house, "policies", "platform").created_at == micros(NOW)


def test_pruning_leaves_what_people_made(house: MemoryStore) -> None:
    silence = Silence("0b5e", parse_matchers("alertname=DiskFull"), NOW, NOW + timedelta(hours=1))
    put(house, to_entry("silences", silence, Origin.PEOPLE, "bob"))
    assert changes(apply(house, EXAMPLE, prune=True)) == []
    assert house.read(load).silences == (silence,)


def test_what_people_made_is_kept_in_git_once_a_file_says_it(house: MemoryStore) -> None:
    made = entry(house, "policies", "platform")
    put(house, msgspec.structs.replace(made, origin=Origin.PEOPLE.value, source="", created_by="bob"))
    exported = house.read(lambda tx: export_view(tx)).text
    lines = apply(house, exported).lines
    assert [(line.change, line.kind, line.name, line.fields) for line in lines] == [
        ("change", "policies", "platform", ("now kept in Git",))
    ]
    kept = entry(house, "policies", "platform")
    assert (kept.origin, kept.created_at) == ("git", made.created_at)
    assert kept.source
    assert apply(house, exported).lines == ()


def test_a_change_says_too_that_git_keeps_it_now(house: MemoryStore) -> None:
    made = entry(house, "policies", "platform")
    put(house, msgspec.structs.replace(made, origin=Origin.PEOPLE.value))
    (line,) = apply(house, edited("repeat: 2", "repeat: 3")).lines
    assert (line.change, line.fields[-1]) == ("change", "now kept in Git")
    assert len(line.fields) == 2


def test_what_is_brought_in_on_screen_takes_nothing_over(house: MemoryStore) -> None:
    request = msgspec.structs.replace(apply_request(EXAMPLE), origin=Origin.PEOPLE.value)
    assert house.run(lambda tx: apply_view(tx, request, "bob", NOW)).lines == ()
    assert entry(house, "policies", "platform").origin == "git"


def test_a_fact_that_was_edited_on_screen_wins_over_the_file(house: MemoryStore) -> None:
    text = (
        EXAMPLE
        + "maintenance: {move: {services: [task-api], starts: 2026-06-15T00:00Z, ends: 2026-06-16T00:00Z}}\n"
    )
    apply(house, text)
    window = house.read(load).maintenance[0]
    ended: Maintenance = msgspec.structs.replace(window, starts_at=NOW, ends_at=NOW + timedelta(minutes=1))
    put(house, to_entry("maintenance", ended, Origin.PEOPLE, "bob"))

    (line,) = apply(house, text, prune=True).lines
    assert (line.change, line.kind, line.name) == ("keep", "maintenance", "move")
    assert line.fields == ("was edited on screen by bob, which wins over the file",)
    assert house.read(load).maintenance == (ended,)


def test_a_silence_without_a_start_starts_when_it_is_first_applied_and_stays_so(house: MemoryStore) -> None:
    text = EXAMPLE + "silences: {noise: {matchers: [alertname=Noisy], ends: 2026-07-01T00:00Z}}\n"
    apply(house, text)
    assert house.read(load).silences[0].starts_at == NOW
    assert apply(house, text, now_later=timedelta(days=1)).lines == ()


# --- rotations -------------------------------------------------------------------------------------------------------


def on_call_now(house: MemoryStore) -> tuple[str, ...]:
    facts = house.read(load)
    return who_is_on_call(facts.schedules, "platform-primary", NOW, facts.overrides).people


def test_adding_a_person_takes_the_present_turn_from_nobody(house: MemoryStore) -> None:
    before = on_call_now(house)
    with_carol = edited(
        "  bob:   {", "  carol: {contact: {hook: {webhook: http://c}}, notify: {high: [hook]}}\n  bob:   {"
    )
    text = with_carol.replace("people: [alice, bob]}}]", "people: [carol, alice, bob]}}]")
    assert "layers[0].rotation.people: [alice, bob] -> " in str(plan(house, text).lines)
    apply(house, text)
    assert on_call_now(house) == before
    assert plan(house, text).lines == ()


def test_moving_the_start_counts_turns_anew(house: MemoryStore) -> None:
    text = edited("from: 2026-06-01", "from: 2026-06-08")
    apply(house, text)
    rotation = house.read(load).schedules["platform-primary"].layers[0].rotation
    assert (rotation.starts, rotation.first) == (date(2026, 6, 8), 0)
    assert on_call_now(house) == ("alice",)


# --- load ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        Entry("people", "carol", b"{not json"),
        Entry("people", "carol", b'{"key": 1}'),
        Entry("people", "carol", b'{"key": "carol", "name": "Carol", "time_zone": "Mars/Olympus"}'),
        Entry("silences", "s", b'{"id":"s","matchers":[{"name":"a","op":"=~","value":"(?=x)"}],'
              b'"starts_at":"2026-06-01T00:00:00Z","ends_at":"2027-06-01T00:00:00Z"}'),
        Entry("kittens", "tom", b"{}"),
        Entry("schedules", "s", b'{"key":"s","layers":[{"rotation":{"people":[],"starts":"2026-06-01","every":0}}]}'),
    ],
)  # fmt: skip
def test_a_broken_entry_is_left_out_and_named(house: MemoryStore, broken: Entry) -> None:
    whole = house.read(load)
    put(house, broken)
    loaded = house.read(load_all)
    assert loaded.configuration == whole
    assert [(each.kind, each.name) for each in loaded.broken] == [(broken.kind, broken.name)]


def test_a_broken_entry_is_replaced_by_the_file(house: MemoryStore) -> None:
    put(house, Entry("services", "task-api", b"{not json"))
    assert changes(apply(house, EXAMPLE)) == ["change services.task-api"]
    assert house.read(load_all).broken == ()


def test_ones_own_contact_method_stands_in_for_the_files(house: MemoryStore) -> None:
    own = ContactMethod("hook", "webhook", "http://127.0.0.1:9911/new", verified=True)
    put(house, Entry("contact_methods", "bob.hook", msgspec.json.encode(own), origin="people"))
    assert house.read(load).people["bob"].method("hook") == own
    assert changes(apply(house, EXAMPLE, prune=True)) == []


def test_the_order_of_entries_makes_no_difference(house: MemoryStore) -> None:
    from tocsin.config.load import assemble

    entries = house.read(lambda tx: tx.configuration.entries())
    assert assemble(reversed(entries)) == assemble(entries)


# --- where it is written ---------------------------------------------------------------------------------------------


def test_what_is_applied_remembers_its_file_and_line(house: MemoryStore) -> None:
    kept = entry(house, "people", "bob")
    file, _, line = kept.source.rpartition(":")
    assert EXAMPLE.splitlines()[int(line) - 1].strip().startswith("bob:")
    assert file == apply_request(EXAMPLE).files[0].path


def test_what_only_moved_within_its_file_is_remembered_where_it_is_and_changes_nothing_else(
    house: MemoryStore,
) -> None:
    before = entry(house, "people", "bob")
    view = apply(house, "# moved down\n\n" + EXAMPLE, now_later=timedelta(hours=1))
    after = entry(house, "people", "bob")
    assert changes(view) == []
    assert int(after.source.rpartition(":")[2]) == int(before.source.rpartition(":")[2]) + 2
    assert msgspec.structs.replace(after, source=before.source) == before


def test_applying_the_same_again_moves_no_revision(house: MemoryStore) -> None:
    before = house.read(lambda tx: tx.configuration.revision())
    apply(house, EXAMPLE)
    assert house.read(lambda tx: tx.configuration.revision()) == before


def test_what_is_brought_in_on_screen_is_written_nowhere() -> None:
    made = store()
    request = msgspec.structs.replace(apply_request(EXAMPLE), origin=Origin.PEOPLE.value)
    made.run(lambda tx: apply_view(tx, request, "alice", NOW))
    assert {each.source for each in made.read(lambda tx: tx.configuration.entries())} == {""}


def test_an_export_with_origins_says_above_each_noun_where_it_comes_from(house: MemoryStore) -> None:
    put(house, to_entry("teams", Team(key="data", name="Data"), Origin.PEOPLE, "carol\n# and\u202e"))
    text = house.read(lambda tx: export_view(tx, origins=True)).text
    assert f"  # from {entry(house, 'people', 'bob').source}, applied by alice\n  bob:" in text
    assert "  # edited on screen by carol\\n# and\\u202e\n  data:" in text
    assert changes(plan(house, text)) == ["change teams.data"], (
        "Git keeps it then; the comments change nothing"
    )
