"""The verdict itself is held to its word: what a breach would look like is found."""

from pathlib import Path

import pytest

from tests.faults.ledger import Fate, Story
from tests.faults.report import Report
from tests.faults.strike import running
from tests.faults.verdict import judge

pytestmark = pytest.mark.faults


def test_losses_and_duplicates_are_found(tmp_path: Path, seed: str, report: Report) -> None:
    with running("SQLite, nothing goes wrong", tmp_path, seed, report) as strike:
        strike.send(every=0.3)
        strike.rest(4.0)
        honest = strike.end()
        assert honest.repeats == 0
        heard = strike.people.messages
        ignored = next(s for s in strike.ledger.all() if s.fate is Fate.IGNORED and s.accepted)

        missed = [m for m in heard if ignored.name not in str(m)]
        found = judge(strike.ledger, strike.records, missed).breaches
        assert any(f"never heard of {ignored.name}" in breach for breach in found)
        assert any("but nothing arrived" in breach for breach in found)

        page = next(m for m in heard if m["body"].get("kind") == "page" and len(m["body"]["incidents"]) == 1)
        repeated = judge(strike.ledger, strike.records, [*heard, page])
        assert (repeated.repeats, repeated.breaches) == (1, [])
        notification = strike.records.rows("SELECT notification_id FROM attempt WHERE key LIKE 'b%' LIMIT 1")
        if notification:  # one that went out in a bundle, once more by itself
            alone = {**page, "key": notification[0][0]}
            assert judge(strike.ledger, strike.records, [*heard, alone]).duplicates == 1

        strike.ledger.begin(
            Story("lost-00001", "lost", "chain-0", Fate.IGNORED, [{"alertname": "lost-00001"}], accepted=True)
        )
        found = judge(strike.ledger, strike.records, heard).breaches
        assert any("accepted and unknown" in breach for breach in found)
        assert any("no incident for lost-00001" in breach for breach in found)
