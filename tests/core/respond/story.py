"""One incident's story on a virtual clock: `decide` folded over events, with an agenda that rings.

Every decision is checked on the way: the agenda mirrors the state, the invariant holds, ids are new, and nobody is paged
about something that is over.
"""

from datetime import UTC, datetime, time, timedelta

from msgspec.structs import replace

from tocsin.core.configuration import Chat, Configuration, Defaults, Service
from tocsin.core.oncall.schedule import Layer, Rotation, Schedule
from tocsin.core.people import BusinessHours, ContactMethod, NotifyRule, Person, Team
from tocsin.core.reasons import Reason
from tocsin.core.respond.decide import decide
from tocsin.core.respond.incident import (
    AlertsChanged,
    Cancel,
    Decision,
    Event,
    Incident,
    Opened,
    PagePerson,
    PostChat,
    Record,
    Remind,
    State,
    StopPages,
    TellAdmins,
    TellPerson,
    Timer,
    TimerDue,
)
from tocsin.core.respond.policy import Policy, Step, Target, TargetKind
from tocsin.core.respond.timers import demands_timer, pending_timers
from tocsin.core.severity import Severity

START = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)  # a Monday morning


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def person(key: str, admin: bool = False) -> Person:
    hook = ContactMethod(name="hook", channel="webhook", address=f"http://127.0.0.1:9911/{key}")
    mail = ContactMethod(name="mail", channel="email", address=f"{key}@example.com")
    return Person(
        key=key,
        name=key.title(),
        contact=(hook, mail),
        notify_high=(NotifyRule("hook"), NotifyRule("mail", minutes(1))),
        notify_low=(NotifyRule("mail"),),
        admin=admin,
    )


def schedule(key: str, *people: str) -> Schedule:
    if not people:
        return Schedule(key=key)
    rotation = Rotation(people=tuple((p,) for p in people), starts=START.date() - timedelta(days=14))
    return Schedule(key=key, layers=(Layer(rotation=rotation),))


def on(kind: str, name: str) -> Target:
    return Target(TargetKind(kind), name)


PRIMARY = Step((on("schedule", "platform-primary"),), minutes(10))
SECONDARY = Step((on("schedule", "platform-secondary"),), minutes(10))
PLATFORM = Policy(
    key="platform",
    steps=(PRIMARY, SECONDARY),
    last_resort=(on("person", "carol"),),
    team="platform",
)


def house(**changes: object) -> Configuration:
    """alice is on call first, bob second, carol is the last resort, dan the administrator."""
    facts = Configuration(
        people={
            p.key: p for p in (person("alice"), person("bob"), person("carol"), person("dan", admin=True))
        },
        teams={
            "platform": Team(
                key="platform",
                members=("alice", "bob"),
                business_hours=BusinessHours(start=time(9), end=time(17)),
            )
        },
        schedules={
            s.key: s for s in (schedule("platform-primary", "alice"), schedule("platform-secondary", "bob"))
        },
        policies={"platform": PLATFORM},
        services={"task-api": Service(key="task-api", team="platform", policy="platform")},
        chats={"alerts": Chat("alerts", "webhook", "http://127.0.0.1:9911/alerts")},
        defaults=Defaults(),
    )
    return replace(facts, **changes)


def with_policy(policy: Policy) -> Configuration:
    return house(policies={"platform": policy})


class Story:
    def __init__(self, facts: Configuration | None = None, now: datetime = START) -> None:
        self.facts = facts or house()
        self.now = now
        self.incident = Incident(
            id=1, title="API p99 latency above 2s", severity=Severity.SEV2, opened_at=now
        )
        self.agenda: dict[Timer, datetime] = {}
        self.pages: list[tuple[datetime, PagePerson]] = []
        self.wanted: dict[int, str] = {}
        self.timeline: list[tuple[datetime, Record]] = []
        self.told: list[TellPerson] = []
        self.admins: list[TellAdmins] = []
        self.posted: list[PostChat] = []
        self.decisions: list[Decision] = []

    def opens(
        self,
        severity: Severity = Severity.SEV2,
        policy: str | None = "platform",
        actor: str | None = None,
        **fields: object,
    ) -> "Story":
        given = {"service": "task-api", "firing": 1, "alerts": 1, "severity": severity} | fields
        self.incident = replace(self.incident, **given)
        self.happens(Opened(policy, actor))
        return self

    def happens(self, event: Event) -> Decision:
        """Fold one event, carry out its effects, check what always holds."""
        before = self.incident
        decision = decide(before, event, self.now, self.facts)
        assert decision == decide(before, event, self.now, self.facts)
        self.incident = decision.incident
        for effect in decision.effects:
            self._carry(effect)
        self.decisions.append(decision)
        self._check()
        return decision

    def _carry(self, effect: object) -> None:
        match effect:
            case PagePerson(page=serial, person=whom):
                assert all(serial != page.page for _, page in self.pages), "page ids never repeat"
                assert whom not in self.wanted.values(), "an older page gives way first"
                self.pages.append((self.now, effect))
                self.wanted[serial] = whom
            case StopPages(person=whom):
                self.wanted = {s: p for s, p in self.wanted.items() if whom is not None and p != whom}
            case Remind(timer=timer, due_at=due_at):
                self.agenda[timer] = due_at
            case Cancel(timer=timer):
                del self.agenda[timer]
            case Record(entry=entry):
                assert all(entry != line.entry for _, line in self.timeline), "entry ids never repeat"
                self.timeline.append((self.now, effect))
            case TellPerson():
                self.told.append(effect)
            case TellAdmins():
                self.admins.append(effect)
            case PostChat():
                self.posted.append(effect)

    def _check(self) -> None:
        incident = self.incident
        assert self.agenda == pending_timers(incident), "the agenda mirrors the state"
        assert not demands_timer(incident) or self.agenda, "somebody comes back to it"
        assert set(self.wanted.values()) == set(incident.paged)
        if incident.state is not State.DETECTED:
            assert Timer.STEP not in self.agenda
        if not incident.is_open:
            assert not self.wanted, "nobody is paged about what is over"

    def rings(self, timer: Timer) -> Decision:
        """The timer rings now, whether or not it was due."""
        self.agenda.pop(timer, None)
        return self.happens(TimerDue(timer))

    def passes(self, count: float) -> "Story":
        """Minutes go by; what is due rings at its time."""
        until = self.now + minutes(count)
        for _ in range(10_000):
            due = min(self.agenda.items(), key=lambda item: (item[1], item[0]), default=None)
            if due is None or due[1] > until:
                self.now = until
                return self
            self.now = max(self.now, due[1])
            self.rings(due[0])
        raise AssertionError("timers without end")

    def fires(self, firing: int = 1, **fields: object) -> Decision:
        alerts = max(firing, self.incident.alerts)
        return self.happens(AlertsChanged(firing=firing, alerts=alerts, **fields))

    def source_resolves(self) -> Decision:
        return self.fires(0, reason=Reason.SOURCE_RESOLVED)

    def paged(self) -> list[tuple[float, str]]:
        """(minutes since the start, person) of every page so far."""
        return [((at - START) / minutes(1), page.person) for at, page in self.pages]

    def paged_since(self, count: int) -> list[str]:
        return [page.person for _, page in self.pages[count:]]

    def texts(self) -> list[str]:
        return [line.text for _, line in self.timeline]

    def reasons(self) -> list[Reason]:
        return [line.reason for _, line in self.timeline]
