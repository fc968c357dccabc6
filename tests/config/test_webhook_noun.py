"""Webhooks as configuration: read, kept, exported without their secrets, and planned again without a change."""

from datetime import UTC, datetime

from tocsin.config.answers import ConfigFile
from tocsin.config.perform import apply_view, export_view, plan_view
from tocsin.control.requests import ApplyConfiguration, PlanConfiguration
from tocsin.engine.store.memory.store import MemoryStore

NOW = datetime(2026, 6, 8, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
FILE = f"""
teams: {{platform: {{}}}}
services: {{task-api: {{team: platform}}}}
routes: {{ticket: platform}}
webhooks:
  open: {{url: "https://hooks.example.com/a", secret: "{SECRET}", events: incident.opened, severities: [SEV1, SEV2]}}
  hidden:
    url: "https://hooks.example.com/b?token=t0p"
    secret: {{env: HOOK_SECRET}}
    teams: [platform]
    services: task-api
    previous_secret: "{SECRET}"
    previous_until: 2026-06-09T00:00:00Z
    enabled: false
"""


def test_an_export_hides_the_secrets_and_changes_nothing_when_it_is_applied_again() -> None:
    store = MemoryStore(lambda: 0)
    request = ApplyConfiguration((ConfigFile("a.yaml", FILE),))
    view = store.run(lambda tx: apply_view(tx, request, "tests", NOW))
    assert view.applied, view.problems
    exported = store.read(export_view)
    assert "https://hooks.example.com/a" in exported.text
    assert SECRET not in exported.text and "t0p" not in exported.text
    planned = store.read(lambda tx: plan_view(tx, PlanConfiguration((exported,)), NOW))
    assert planned.lines == (), planned.problems


def test_an_unknown_event_is_shown_with_the_nearest_known() -> None:
    text = FILE.replace("incident.opened", "incident.open")
    store = MemoryStore(lambda: 0)
    request = ApplyConfiguration((ConfigFile("a.yaml", text),))
    view = store.run(lambda tx: apply_view(tx, request, "tests", NOW))
    assert not view.applied
    assert any("did you mean 'incident.opened'" in problem.message for problem in view.problems)
