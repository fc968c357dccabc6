"""What is exported reads back as it was: planning it shows no change, and secrets are nowhere in it."""

from typing import Any

from hypothesis import HealthCheck, given, settings

from tests.config.generated import configurations
from tests.config.house import EXAMPLE, NOW, OFFERED, apply_request, changes, edited, plan_request, store
from tocsin.config.answers import ConfigFile
from tocsin.config.export import export
from tocsin.config.perform import apply_view, export_view, plan_view
from tocsin.config.plan import plan, settle
from tocsin.config.schema.kinds import Key, to_entry
from tocsin.config.schema.reading import parse, read


@settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=50
)
@given(configurations())
def test_an_export_plans_no_change_and_exports_the_same_again(nouns: dict[Key, Any]) -> None:
    entries = [to_entry(kind, noun) for (kind, _), noun in nouns.items()]
    text = export(entries)

    found = read(parse([ConfigFile("export.yaml", text)]), OFFERED)
    assert [p for p in found.findings.problems if p.level == "error"] == [], text
    again, missing = settle(found.nouns, nouns, NOW)

    assert (again, missing) == (nouns, [])
    back = [to_entry(kind, noun) for (kind, _), noun in again.items()]
    assert plan(back, entries, prune=True) == ()
    assert export(back) == text


def test_the_example_round_trips_through_the_store() -> None:
    house = store()
    house.run(lambda tx: apply_view(tx, apply_request(EXAMPLE), "alice", NOW))
    exported = house.read(export_view)
    view = house.read(lambda tx: plan_view(tx, plan_request(exported.text, prune=True)))
    assert (view.lines, [p for p in view.problems if p.level == "error"]) == ((), [])


def test_an_export_is_written_as_people_write() -> None:
    house = store()
    house.run(lambda tx: apply_view(tx, apply_request(EXAMPLE), "alice", NOW))
    lines = house.read(export_view).text.splitlines()
    assert "  platform: {members: [alice, bob]}" in lines
    assert "    notify: {high: [hook, {after: 1m, by: mail}], low: [mail]}" in lines
    assert "    steps: [{page: platform-primary, wait: 10m}, {page: platform-secondary, wait: 10m}]" in lines
    assert """    - {matchers: ['severity="critical"'], severity: SEV2, page: platform}""" in lines
    assert "  prom: {type: alertmanager, key: {env: PROM_KEY}}" in lines


def test_an_export_never_shows_a_secret() -> None:
    house = store()
    text = edited("key: {env: PD_KEY}", "key: r4nd0m-and-long").replace(
        '{webhook: "http://127.0.0.1:9911/low"}', "{slack: https://hooks.slack.example/T0/B0/hidden}"
    )
    text = text.replace(
        '{hook: {webhook: "http://127.0.0.1:9911/bob"}}',
        '{hook: {webhook: "http://127.0.0.1:9911/bob", secret: s1gn}}',
    )
    house.run(lambda tx: apply_view(tx, apply_request(text), "alice", NOW))
    exported = house.read(export_view).text
    assert not any(secret in exported for secret in ("r4nd0m", "hidden", "s1gn"))
    assert "key: {stored: true}}  # kept in the store" in exported
    view = house.read(lambda tx: plan_view(tx, plan_request(exported, prune=True)))
    assert view.lines == ()


def test_a_stored_secret_that_the_store_does_not_have_is_an_error() -> None:
    house = store()
    text = edited("key: {env: PD_KEY}", "key: {stored: true}")
    view = house.run(lambda tx: apply_view(tx, apply_request(text), "alice", NOW))
    assert not view.applied
    (problem,) = [p for p in view.problems if p.field == "integrations.pd.key"]
    assert problem.message == "the store has no value for it; write {env: NAME} or {file: PATH}"
    assert (problem.file, problem.line) == ("a.yaml", 22)


def test_what_people_did_on_screen_stays_out_of_an_export() -> None:
    from tocsin.core.configuration import Origin, Silence
    from tocsin.core.detect.matchers import parse_matchers

    silence = Silence("0b5e", parse_matchers("alertname=DiskFull"), NOW, NOW.replace(hour=20))
    assert "0b5e" not in export([to_entry("silences", silence, Origin.PEOPLE, "bob")])
    assert "0b5e" in export([to_entry("silences", silence, Origin.GIT)])


def test_nothing_exports_as_nothing() -> None:
    assert changes(store().read(lambda tx: plan_view(tx, plan_request("")))) == []
