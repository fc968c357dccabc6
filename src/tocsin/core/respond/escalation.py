"""Escalation: from step to step until somebody acknowledges, and what happens when nobody does.

An accepted page-worthy incident never ends with nobody: an empty step passes to the next, an empty policy to the last
resort, an empty last resort to the admins, then to the whole team.
"""

from datetime import timedelta

from tocsin.core.business_hours import is_open, next_opening
from tocsin.core.oncall.targets import people_for, shadows_for
from tocsin.core.reasons import Reason
from tocsin.core.respond.draft import Draft
from tocsin.core.respond.incident import Escalation, EscalationStatus, Kind, State
from tocsin.core.respond.policy import Policy, Step, Target, TargetKind
from tocsin.core.respond.prose import clock, listed, span, what_follows
from tocsin.core.severity import PageWhen

LAST_RESORT_EVERY = timedelta(minutes=15)
LATE = timedelta(minutes=1)  # a step that begins so long after its time says why
DEFAULT_WAIT = timedelta(minutes=10)  # for a person handed an incident that has no policy


def start(draft: Draft, why: Reason, because: str) -> Reason:
    """Begin (again) at the policy's first step. `because` ends the sentence `Paged alice (...): `."""
    policy = draft.escalation.policy
    draft.change(
        acknowledged_by=None,
        quiet_until=None,
        escalation=Escalation(status=EscalationStatus.RUNNING, policy=policy),
    )
    if policy is None:
        draft.record(Reason.NO_POLICY, f"No escalation policy leads to a person ({because}).")
        return exhaust(draft, Reason.NO_POLICY)
    return advance(draft, why, because)


def advance(draft: Draft, why: Reason, because: str) -> Reason:
    """Start the next step that reaches anybody; after the last round, the last resort."""
    policy = draft.escalation.policy
    if policy is None:
        return exhaust(draft, Reason.NO_POLICY)
    step, round_ = draft.escalation.step, draft.escalation.round
    gaps: list[str] = []
    for _ in policy.steps:  # one pass is enough: a policy whose every step is empty now has nobody
        step += 1
        if step >= len(policy.steps):
            if round_ >= policy.repeat:
                break
            step, round_ = 0, round_ + 1
            draft.escalate(reached=())
            draft.record(
                Reason.POLICY_REPEATED,
                f"All steps of {policy.key} passed unanswered; round {round_ + 1} of {policy.repeat + 1} begins.",
            )
        draft.escalate(status=EscalationStatus.RUNNING, step=step, round=round_, step_at=draft.now)
        if _run_step(draft, policy, policy.steps[step], why, because):
            _tell_of_gaps(draft, gaps)
            return why
        gaps.append(_gap(draft, policy, step))
    _tell_of_gaps(draft, gaps)
    return exhaust(draft, Reason.EXHAUSTED)


def step_due(draft: Draft) -> Reason:
    """The step's wait is over, or the last resort is to be told again."""
    escalation = draft.escalation
    due_at = escalation.due_at
    if draft.incident.state is not State.DETECTED or due_at is None or due_at > draft.now:
        return Reason.STALE
    if escalation.status is EscalationStatus.EXHAUSTED:
        return tell_last_resort(draft)
    if escalation.status is not EscalationStatus.RUNNING:
        return Reason.STALE
    if draft.rule.page is PageWhen.BUSINESS_HOURS and not is_open(draft.business_hours(), draft.now):
        opens_at = next_opening(draft.business_hours(), draft.now)
        if opens_at is not None:
            draft.escalate(due_at=opens_at, opens_at=opens_at)
            draft.record(
                Reason.HELD_FOR_BUSINESS_HOURS,
                f"Nobody acknowledged, and business hours are over: the next step waits until "
                f"{clock(opens_at, draft.now)}.",
            )
            return Reason.HELD_FOR_BUSINESS_HOURS
    late = draft.now - due_at
    away = f"; {span(late)} late, since Tocsin itself was away" if late >= LATE else ""
    return advance(draft, Reason.STEP_TIMED_OUT, f"nobody acknowledged within {span(waited(draft))}{away}")


def hours_changed(draft: Draft) -> Reason:
    """Its team's business hours, or what its severity says of them, changed: a step that waits for them waits no longer than
    they are away now."""
    escalation = draft.escalation
    waits = escalation.due_at is not None and escalation.due_at == escalation.opens_at
    if draft.incident.state is not State.DETECTED or not waits:
        return Reason.STALE
    hours = draft.business_hours()
    opens_at = next_opening(hours, draft.now)
    if draft.rule.page is not PageWhen.BUSINESS_HOURS or is_open(hours, draft.now) or opens_at is None:
        return advance(
            draft, Reason.STEP_TIMED_OUT, "nobody acknowledged, and no business hours hold it any more"
        )
    if opens_at != escalation.due_at:
        draft.escalate(due_at=opens_at, opens_at=opens_at)
        draft.record(
            Reason.HELD_FOR_BUSINESS_HOURS,
            f"Business hours changed: the next step waits until {clock(opens_at, draft.now)}.",
        )
    return Reason.HELD_FOR_BUSINESS_HOURS


def waited(draft: Draft) -> timedelta:
    """How long the step last started was to wait."""
    policy, step = draft.escalation.policy, draft.escalation.step
    if policy is None or not policy.steps:
        return DEFAULT_WAIT
    return policy.steps[max(step, 0)].wait


def page_first(draft: Draft, person: str, why: Reason) -> None:
    """Reach this person before the policy's first step, which follows after its own wait if nobody acknowledges."""
    wait = waited(draft)
    policy = draft.escalation.policy
    draft.change(
        state=State.DETECTED,
        acknowledged_by=None,
        quiet_until=None,
        escalation=Escalation(
            status=EscalationStatus.RUNNING, policy=policy, due_at=draft.now + wait, step_at=draft.now
        ),
    )
    draft.page(person, why)


def exhaust(draft: Draft, why: Reason) -> Reason:
    """Every step and repeat passed, or there is none: the last resort is told, and it is recorded."""
    draft.escalate(status=EscalationStatus.EXHAUSTED, due_at=None)
    if why is Reason.EXHAUSTED:
        rounds = draft.escalation.round + 1
        policy = draft.escalation.policy
        name = policy.key if policy else "the policy"
        draft.record(
            Reason.EXHAUSTED,
            f"Nobody acknowledged: every step of {name} passed in {rounds} {'round' if rounds == 1 else 'rounds'}.",
        )
    tell_last_resort(draft)
    return why


def tell_last_resort(draft: Draft) -> Reason:
    """Page the last resort; for severities that demand it, the admins as well, and again every 15 minutes."""
    repeats = draft.rule.repeats_last_resort
    policy = draft.escalation.policy
    people = _people(draft, policy.last_resort if policy else ())
    whom = f"{listed(people)} (last resort)" if people else ""
    admins = tuple(a for a in draft.facts.admins() if a in draft.facts.people and a not in people)
    if repeats or not people:
        people += admins
        whom = listed([part for part in (whom, _admins(admins)) if part])
    if not people:
        team = draft.team()
        people = tuple(m for m in team.members if m in draft.facts.people) if team else ()
        whom = f"{listed(people)} (all of {team.key}, for want of a last resort)" if team and people else ""
    for person in people:
        draft.page(person, Reason.LAST_RESORT)
    again = draft.now + LAST_RESORT_EVERY if repeats else None
    draft.escalate(due_at=again, step_at=draft.now, last_resort_times=draft.escalation.last_resort_times + 1)
    told = f"Paged {whom}" if people else "There is nobody left to page: no last resort, no admin, no team"
    follows = (
        f"; again every {span(LAST_RESORT_EVERY)} until somebody acknowledges or it is resolved"
        if repeats
        else "; not again"
    )
    draft.record(Reason.LAST_RESORT, f"{told}{follows}.")
    draft.tell_admins(
        Reason.LAST_RESORT,
        f"Incident {draft.incident.id} ({draft.incident.severity}, {draft.incident.title}): nobody answered. {told}.",
        urgent=repeats,
    )
    return Reason.LAST_RESORT


def stop_escalation(draft: Draft) -> None:
    """Nothing more follows by itself. What never escalated does not become stopped."""
    never = draft.escalation.status is EscalationStatus.NONE
    status = EscalationStatus.NONE if never else EscalationStatus.STOPPED
    draft.escalate(status=status, due_at=None, suspended=None, suspended_people=())


def make_page_worthy(draft: Draft) -> None:
    """A person wants somebody reached: a ticket or backlog entry becomes a page, by its service's policy if it has none."""
    if draft.escalation.policy is None:
        service = draft.facts.services.get(draft.incident.service or "")
        draft.escalate(policy=draft.facts.policies.get(service.policy or "") if service else None)
    draft.change(kind=Kind.PAGE)


def on_call_in(draft: Draft, person: str) -> bool:
    """Whether any step of the policy leads to this person now."""
    policy = draft.escalation.policy
    return policy is not None and any(
        person in people_for(target, draft.facts, draft.now)
        for step in policy.steps
        for target in step.targets
    )


def in_first_step(draft: Draft, person: str) -> bool:
    policy = draft.escalation.policy
    return policy is not None and bool(policy.steps) and person in _people(draft, policy.steps[0].targets)


def _run_step(draft: Draft, policy: Policy, step: Step, why: Reason, because: str) -> bool:
    """Reach everybody the step names. False when there is nobody."""
    chats = [t.name for t in step.targets if t.kind is TargetKind.CHAT and t.name in draft.facts.chats]
    people = _people(draft, step.targets)
    if not people and not chats:
        return False
    number, count = draft.escalation.step + 1, len(policy.steps)
    where = f"step {number} of {count}"
    if draft.escalation.round:
        where += f", round {draft.escalation.round + 1} of {policy.repeat + 1}"
    already = [p for p in people if p in draft.escalation.reached and p in draft.incident.paged]
    anew = [p for p in people if p not in already]
    for person in anew:
        draft.page(person, why)
    said = [_paged(draft, step, anew, where)] if anew else []
    if already:
        said.append(f"{listed(already)} {'is' if len(already) == 1 else 'are'} being paged already")
    if chats:
        said.append(f"posted to {listed(chats)}")
    if not anew:
        said[-1] += f" ({where})"
    follows = what_follows(policy, draft.escalation.step, draft.escalation.round)
    draft.escalate(due_at=draft.now + step.wait, reached=(*draft.escalation.reached, *anew))
    text = "; ".join(said)
    draft.record(
        why,
        f"{text[0].upper()}{text[1:]}: {because}. "
        f"Unless somebody acknowledges within {span(step.wait)}, {follows} is next.",
    )
    if anew:
        _tell_shadows(draft, step, people)
    for chat in chats:
        draft.post(
            chat,
            why,
            f"{draft.incident.severity}: {draft.incident.title} ({policy.key}, {where}): {because}.",
        )
    return True


def _people(draft: Draft, targets: tuple[Target, ...]) -> tuple[str, ...]:
    """Everybody behind these targets now, each once."""
    people = (person for target in targets for person in people_for(target, draft.facts, draft.now))
    return tuple(dict.fromkeys(people))


def _paged(draft: Draft, step: Step, people: list[str], where: str) -> str:
    """`Paged bob (platform-secondary, step 2 of 2)`: with the schedules and teams that led to them."""
    through = [
        target.name
        for target in step.targets
        if target.kind is not TargetKind.PERSON
        and any(person in people_for(target, draft.facts, draft.now) for person in people)
    ]
    return f"Paged {listed(people)} ({', '.join([*through, where])})"


def _tell_shadows(draft: Draft, step: Step, people: tuple[str, ...]) -> None:
    """Those who look on hear of the page once a round, with low urgency; never those who are responders themselves."""
    told = {*people, *draft.escalation.reached}
    for target in step.targets:
        for person in shadows_for(target, draft.facts, draft.now):
            if person not in told:
                told.add(person)
                text = f"{listed(people)} {'was' if len(people) == 1 else 'were'} paged; you shadow {target.name}"
                draft.tell(person, Reason.SHADOW_TOLD, f"{draft.incident.title}: {text} and need not act.")


def _gap(draft: Draft, policy: Policy, step: int) -> str:
    names = listed([target.name for target in policy.steps[step].targets])
    text = f"Nobody is on call in {names} (step {step + 1} of {len(policy.steps)})"
    draft.record(Reason.NOBODY_ON_CALL, f"{text}, so the next step follows at once.")
    return text


def _tell_of_gaps(draft: Draft, gaps: list[str]) -> None:
    if gaps:
        draft.tell_admins(
            Reason.NOBODY_ON_CALL,
            f"{'; '.join(gaps)}, while incident {draft.incident.id} ({draft.incident.title}) escalates.",
        )


def _admins(admins: tuple[str, ...]) -> str:
    return f"{listed(admins)} ({'admin' if len(admins) == 1 else 'admins'})" if admins else ""
