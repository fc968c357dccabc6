"""What was measured, printed at the end of the session."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.faults.ledger import Ledger
from tests.faults.verdict import Verdict


@dataclass
class Report:
    lines: list[str] = field(default_factory=list)
    kills: int = 0
    duplicates: int = 0
    breaches: int = 0

    def add(
        self,
        name: str,
        seed: str,
        kills: int,
        verdict: Verdict,
        seconds: float,
        ledger: Ledger,
        said: Mapping[str, int],
    ) -> None:
        self.kills += kills
        self.duplicates += verdict.duplicates
        self.breaches += len(verdict.breaches)
        refused = ", ".join(f"{count} {how}" for how, count in sorted(ledger.refused.items())) or "none"
        logged = ", ".join(f"{count} x {text!r}" for text, count in sorted(said.items())) or "nothing"
        delays = ledger.delays()
        waited = (
            f"{delays[len(delays) // 2]:.2f} s in the middle, {delays[-1]:.1f} s at most"
            if delays
            else "nobody was paged"
        )
        self.lines += [
            f"{name} (seed {seed}): {kills} kills in {seconds:.0f} s",
            f"  accepted: {verdict.alerts} alerts and {verdict.changes} changes in {ledger.requests} requests"
            f" (not answered 2xx, hence tried again: {refused})",
            f"  {verdict.incidents} incidents, {len(ledger.acknowledged)} acknowledged by people;"
            f" {verdict.pages} pages delivered; the sink took {verdict.messages} messages,"
            f" {verdict.repeats} of them repeats under the same key",
            f"  from the 2xx to the first page at the sink: {waited}",
            f"  real duplicates: {verdict.duplicates}; timers repaired: {verdict.repaired};"
            f" guarantees broken: {len(verdict.breaches)}; worth a look in the logs: {logged}",
        ]

    def note(self, line: str) -> None:
        self.lines.append(line)
