"""One run of the fault tests: servers, sink, senders and people together, and the verdict when all is quiet again."""

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.faults import house
from tests.faults.evidence import write_evidence
from tests.faults.ledger import Ledger
from tests.faults.node import ROOT, Node, SinkProcess, environment
from tests.faults.records import Records
from tests.faults.report import Report
from tests.faults.responders import Responders
from tests.faults.senders import AlertmanagerWebhook, PagerDuty, Prometheus, Sender
from tests.faults.verdict import Verdict, judge

SENDERS: dict[str, type[Sender]] = {
    "webhook": AlertmanagerWebhook,
    "other": AlertmanagerWebhook,
    "prometheus": Prometheus,
    "pagerduty": PagerDuty,
}
SOON = 20_000_000  # microseconds: what is due later than that is not waited for


class Strike:
    """Use `running` to make one. Everything random derives from `seed`."""

    def __init__(self, name: str, directory: Path, seed: str, nodes: Sequence[Node], report: Report) -> None:
        self.name = name
        self.seed = f"{seed}/{name}"
        self.random = random.Random(self.seed)
        self.nodes = list(nodes)
        self.report = report
        self.ledger = Ledger()
        self.sink = SinkProcess(directory / "sink.jsonl")
        self.records = Records(self.nodes[0].data, self.nodes[0].database)
        self.people = Responders(self.nodes, self.sink.log, self.ledger, self.seed)
        self.senders: list[Sender] = []
        self.clock_off = 0.0  # seconds by which the servers' clocks are ahead of ours
        self.began = time.monotonic()

    def set_clocks(self, ahead: float) -> None:
        """The wall clocks of all nodes started with `--clock` jump there, whole at once: nobody reads half a number."""
        for node in self.nodes:
            fresh = node.clock.with_suffix(".new")
            fresh.write_text(str(ahead))
            fresh.rename(node.clock)
        self.clock_off = ahead

    def rest(self, seconds: float) -> None:
        """Let everything run for a while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for thread in (self.people, *self.senders):
                if thread.error is not None:
                    raise AssertionError(f"{thread.name} failed") from thread.error
            time.sleep(0.05)

    # --- before ------------------------------------------------------------------------------------------------------

    def kill_migration(self, statement: int) -> int:
        """Migrate, killed before that statement; the exit code."""
        node = self.nodes[0]
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.migrate_and_die", str(statement)],
            cwd=ROOT,
            env=environment(node.data, node.database),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, -9), done.stdout + done.stderr
        node.kills += done.returncode == -9
        return done.returncode

    def apply(self, step_wait: int = house.STEP_WAIT, more: str = "") -> None:
        """Configure the house with the real command."""
        node = self.nodes[0]
        file = node.data.parent / "tocsin.yaml"
        file.write_text(house.configuration(self.sink.url, step_wait, more))
        self._command("apply", str(file), "--yes")

    def send(self, every: float, senders: Sequence[str] = tuple(SENDERS)) -> None:
        """Alerts stream in from now on: each sender begins a story about every so many seconds."""
        began = [SENDERS[name](name, self.nodes, self.ledger, self.seed, every) for name in senders]
        self.senders += began
        for sender in began:
            sender.start()

    # --- after -------------------------------------------------------------------------------------------------------

    def finish_sending(self, within: float = 90.0) -> None:
        """No new stories; what was begun is ended."""
        for sender in self.senders:
            sender.finishing.set()
        until = time.monotonic() + within
        for sender in self.senders:
            sender.join(max(0.1, until - time.monotonic()))
        for sender in self.senders:
            sender.giving_up.set()
            sender.join(15)
            if sender.error is not None:
                raise AssertionError(f"{sender.name} failed") from sender.error
            assert not sender.is_alive(), f"{sender.name} could not end its stories"

    def wait_quiet(self, within: float = 150.0) -> None:
        """Until nothing is left to process, decide or send."""
        until = time.monotonic() + within
        calm = 0
        while calm < 2:
            due = self.records.due_before(int((time.time() + self.clock_off) * 1e6) + SOON)
            backlog = self.records.backlog()
            waiting = self.records.waiting()
            calm = calm + 1 if not due and not backlog and not waiting and self.people.idle else 0
            if self.people.error is not None:
                raise AssertionError("the responders failed") from self.people.error
            if time.monotonic() > until:
                raise AssertionError(
                    f"not quiet after {within:g} s: {backlog} requests, {waiting} notifications and {len(due)} timers "
                    f"left, such as {due[:5]}; {len(self.people.todo)} acts of people\n"
                    + self.nodes[0].tail()
                )
            time.sleep(0.5)

    def end(self) -> Verdict:
        """Let it come to rest, judge, report, and fail on any breach."""
        self.finish_sending()
        for node in self.nodes:
            if not node.alive:
                node.start()
            node.wait_ready()
        self.wait_quiet()
        self.people.finishing.set()
        self.people.join(15)
        self.people.listen()
        verdict = judge(self.ledger, self.records, self.people.messages)
        verdict.breaches += self._unknown_to_the_command()
        said = sum((node.said for node in self.nodes), Counter())
        self.report.add(
            self.name,
            self.seed,
            sum(node.kills for node in self.nodes),
            verdict,
            time.monotonic() - self.began,
            self.ledger,
            said,
        )
        if verdict.breaches and (keep := os.environ.get("TOCSIN_FAULT_KEEP")):
            write_evidence(
                Path(keep) / f"{self.name.replace(' ', '-')}.evidence", verdict.breaches, self.records
            )
        assert not verdict.breaches, (
            f"seed {self.seed}: {len(verdict.breaches)} guarantees broken\n"
            + "\n".join(verdict.breaches[:40])
        )
        return verdict

    def _unknown_to_the_command(self) -> list[str]:
        """What fires according to its sender, and not according to `tocsin alerts --json`."""
        firing: set[frozenset[tuple[str, str]]] = set()
        page: list[dict[str, Any]] = []
        while not firing or len(page) == 1000:
            before = ["--before", str(page[-1]["id"])] if page else []
            page = json.loads(self._command("alerts", "--json", "--limit", "1000", *before))
            firing |= {frozenset(alert["labels"].items()) for alert in page}
            if not page:
                break
        return [
            f"firing, and not among `tocsin alerts`: {labels}"
            for story in self.ledger.all()
            if story.accepted and not story.resolution_asked
            for labels in story.members
            if frozenset(labels.items()) not in firing
        ]

    def _command(self, *words: str) -> str:
        node = self.nodes[0]
        done = subprocess.run(
            [sys.executable, "-m", "tocsin.cli.main", *words],
            cwd=ROOT,
            env=environment(node.data, node.database),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def close(self) -> None:
        for sender in self.senders:
            sender.finishing.set()
            sender.giving_up.set()
        self.people.finishing.set()
        for node in self.nodes:
            node.kill()
        self.sink.stop()


@contextlib.contextmanager
def running(
    name: str,
    directory: Path,
    seed: str,
    report: Report,
    database: str | None = None,
    nodes: int = 1,
    quick: bool = True,
    start: bool = True,
    configure: bool = True,
    node_options: Callable[[Node], Sequence[str]] = lambda node: (),
    **applied: Any,
) -> Iterator[Strike]:
    """Sink and people run, the house is configured, and unless told otherwise the nodes are ready."""
    made = []
    for n in range(nodes):
        data = directory / f"node-{n + 1}"
        data.mkdir(parents=True)
        made.append(Node(f"node-{n + 1}", data, database, quick))
    strike = Strike(name, directory, seed, made, report)
    try:
        strike.sink.start()
        if configure:
            strike.apply(**applied)
        strike.people.start()
        if start:
            for node in made:
                node.start(*node_options(node))
            for node in made:
                node.wait_ready()
        yield strike
    finally:
        if keep := os.environ.get("TOCSIN_FAULT_KEEP"):
            _keep(strike, Path(keep))
        strike.close()


def _keep(strike: Strike, where: Path) -> None:
    """The servers' last words, for whoever looks into a breach."""
    where.mkdir(parents=True, exist_ok=True)
    for node in strike.nodes:
        name = f"{strike.name.replace(' ', '-')}-{node.name}.log"
        (where / name).write_text("\n".join(node.lines) + "\n")
