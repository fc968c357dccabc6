"""Two nodes on one database share the work, and either may die. On PostgreSQL they run at the same instants in threads."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

import pytest

from tests.scenarios.conftest import Stores
from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Crash, Heard, Provider
from tocsin.core.respond.delivery import Delivered
from tocsin.engine.clock import VirtualClock
from tocsin.engine.sending import Arrival, Departure

TICK = timedelta(seconds=4)  # detection's lease is renewed about that often
QUICK = {
    "steps": [{"page": "platform-primary", "wait": "30s"}, {"page": "platform-secondary", "wait": "30s"}],
    "last_resort": ["carol"],
}


class Nodes:
    """Both nodes of one installation, on one clock."""

    def __init__(self, one: House, two: House, at_once: bool) -> None:
        self.one, self.two = one, two
        self._threads = ThreadPoolExecutor(2) if at_once else None

    @property
    def running(self) -> list[House]:
        return [house for house in (self.one, self.two) if house.world.running]

    def settle(self) -> None:
        self.together(*[house.world.settle for house in self.running])

    def together(self, *works: Callable[[], object]) -> None:
        """At the same time, where the store allows it."""
        if self._threads is None:
            for work in works:
                work()
        else:
            for done in [self._threads.submit(work) for work in works]:
                done.result()

    def passes(self, **span: float) -> None:
        clock = self.one.clock
        target = clock.now() + timedelta(**span)
        while clock.now() < target:
            due = [at for house in self.running if (at := house.world.next_due()) and at > clock.now()]
            clock.move_to(min([target, clock.now() + TICK, *due]))
            self.settle()


@pytest.fixture
def nodes(stores: Stores) -> Iterator[Nodes]:
    clock = VirtualClock(START.astimezone(UTC))
    provider = Provider()
    one = House(stores.make(clock), clock, configured(policies={"platform": QUICK}), provider, "one")
    two = House(stores.another(), clock, None, provider, "two")
    made = Nodes(one, two, at_once=stores.kind == "postgresql")
    yield made
    one.owes_nobody()


def listed(pages: list[Heard]) -> Counter[tuple[str, str | None, int]]:
    """How often each incident was told to each person by each method."""
    return Counter((page.message.person, page.method, number) for page in pages for number in page.incidents)


def test_two_nodes_never_page_twice_for_one_step(nodes: Nodes) -> None:
    names = [f"Broken{number}" for number in range(8)]
    nodes.one.fire([(name, {"severity": "critical"}) for name in names])
    nodes.passes(seconds=70)
    told = listed([page for page in nodes.one.pages() if page.message.person in ("alice", "bob")])
    by_hook = {key: times for key, times in told.items() if key[1] == "hook"}
    assert set(by_hook.values()) == {1}
    assert len(by_hook) == 2 * len(names)
    for number in range(1, len(names) + 1):
        reasons = [line.reason for line in nodes.one.timeline(number)]
        assert reasons.count("step_started") == 1
        assert reasons.count("step_timed_out") == 1


def test_a_step_runs_on_whichever_node_lives(nodes: Nodes) -> None:
    nodes.one.fires("DiskFull", severity="critical")
    nodes.one.stops()
    nodes.passes(seconds=35)
    nodes.two.person("bob").was_paged("DiskFull")
    nodes.two.tells("step_started: alice", "step_timed_out: bob")


def test_a_second_node_takes_over_detection(nodes: Nodes) -> None:
    nodes.one.fires("DiskFull", severity="critical")
    nodes.one.stops()
    nodes.one.fires("QueueStuck", severity="critical")  # accepted, and the node died
    assert len(nodes.two.incidents()) == 1
    nodes.passes(seconds=12)
    assert nodes.two.why("QueueStuck") == "opened_incident"
    nodes.passes(seconds=30)
    told = listed(
        [page for page in nodes.two.pages() if page.message.person == "alice" and page.method == "hook"]
    )
    assert told == {("alice", "hook", 1): 1, ("alice", "hook", 2): 1}


def test_a_message_whose_node_died_is_sent_by_the_other_under_the_same_key(nodes: Nodes) -> None:
    nodes.one.provider.house_crashes_after_sending_to("9911/alice")
    with pytest.raises(Crash):
        nodes.one.fires("DiskFull", severity="critical")
    nodes.one.stops()
    nodes.passes(seconds=31)
    first, again = [
        page for page in nodes.two.pages() if page.message.person == "alice" and page.method == "hook"
    ]
    assert first.key == again.key


def test_an_answer_that_comes_after_the_lease_is_discarded(nodes: Nodes) -> None:
    departed: list[Departure] = []

    def hangs(departure: Departure) -> Delivered:
        departed.append(departure)
        raise Crash

    carries = nodes.one.world.deliver
    nodes.one.world.deliver = hangs
    with pytest.raises(Crash):
        nodes.one.fires("DiskFull", severity="critical")
    nodes.one.stops()
    nodes.passes(seconds=31)
    nodes.one.world.deliver = carries
    late = [Arrival(departed[0], Delivered(), nodes.one.now)]
    assert nodes.one.world.engine.arrived(late, nodes.one.now) == []
    sent = [line for line in nodes.one.timeline() if line.reason == "sent" and "alice by hook" in line.text]
    assert len(sent) == 1


def test_an_acknowledgement_on_one_node_stops_the_step_on_the_other(nodes: Nodes) -> None:
    nodes.one.fires("DiskFull", severity="critical")
    nodes.passes(seconds=29)
    nodes.one.clock.move_to(nodes.one.now + timedelta(seconds=1))
    nodes.together(nodes.two.person("alice").acknowledges, nodes.one.world.settle)
    assert nodes.one.incident().state == "acknowledged"
    before = len(nodes.one.pages())
    assert before <= 3  # bob too, if his step won by a hair
    nodes.passes(minutes=2)
    assert len(nodes.one.pages()) == before


def test_both_nodes_follow_what_is_configured_on_one(nodes: Nodes) -> None:
    now = nodes.one.now
    nodes.one.fires("DiskFull", severity="critical")
    nodes.two.overrides("platform-secondary", "carol", now, now + timedelta(hours=8))
    nodes.two.stops()
    nodes.passes(seconds=30)
    nodes.one.person("carol").was_paged("DiskFull")
    nodes.one.person("bob").hears_nothing()


def test_many_commands_on_both_nodes_are_all_kept(nodes: Nodes) -> None:
    nodes.one.fires("DiskFull", severity="critical")
    for number in range(5):
        nodes.together(
            lambda number=number: nodes.one.person("alice").notes(f"one {number}"),  # type: ignore[misc]
            lambda number=number: nodes.two.person("bob").notes(f"two {number}"),  # type: ignore[misc]
        )
    noted = {line.text for line in nodes.one.timeline() if line.reason == "noted"}
    assert noted == {f"{node} {number}" for node in ("one", "two") for number in range(5)}
    entries = [line.entry for line in nodes.one.timeline()]
    assert entries == list(range(1, len(entries) + 1))
