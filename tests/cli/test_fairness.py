"""`tocsin schedule fairness` and `health`."""

from datetime import UTC, datetime, timedelta

from tests.cli.conftest import FakeTocsin, Run
from tocsin.control import requests as r
from tocsin.core.oncall.goals import Goals
from tocsin.core.oncall.health import Standing, Verdict

BEGIN, END = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
NONE = r.MeasureView(0, 0, 0, 0, 0)


def test_fairness_shows_what_was_held_and_what_is_owed(tocsin: FakeTocsin, run: Run) -> None:
    hours = r.MeasureView(400, 360, 40, -12, 28)
    alice = r.ShareView("alice", "Alice Ames", 30, hours, NONE, NONE, NONE, NONE)
    tocsin.answers = [[r.FairnessView("platform", BEGIN, END, BEGIN - timedelta(days=365), (alice,))]]
    result = run("schedule", "fairness", "--team", "platform", "--from", "2026-06-01T00:00Z")
    assert result.exit_code == 0
    assert "400 of 360" in result.stdout
    assert "+28" in result.stdout
    assert tocsin.asked == [r.ShowFairness("platform", BEGIN)]


def test_health_says_it_in_words(tocsin: FakeTocsin, run: Run) -> None:
    numbers = Standing(1, 0, 9, 8, 7, 5, 4, 4, 1, 0, 9, ())
    whole = r.StandingView(
        "", "Platform", Verdict.SYSTEMIC, ("This is systemic: 4 nights.",), 9, 5, 0, numbers
    )
    tocsin.answers = [[r.HealthView("platform", BEGIN, END, Goals(), whole, ())]]
    result = run("schedule", "health", "--person", "alice")
    assert "systemic" in result.stdout
    assert "This is systemic: 4 nights." in result.stdout
    assert tocsin.asked == [r.ShowHealth(None, person="alice")]


def test_no_schedule_yet_says_what_to_do(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[]]
    assert "tocsin apply" in run("schedule", "health").stdout
