"""What each request needs of whoever asks. A door that knows people calls `authorise` before it lets a request in."""

from collections.abc import Iterable

from tocsin.control import requests as r
from tocsin.core.configuration import Configuration
from tocsin.core.people import Person, Secret
from tocsin.core.roles import Grants, Membership, Permission, Role

NEEDS: dict[type[r.Request], Permission] = {
    r.Act: Permission.RESPOND,
    r.ListIncidents: Permission.FOLLOW,
    r.ShowIncident: Permission.FOLLOW,
    r.ListAlerts: Permission.READ,
    r.SendAlert: Permission.RESPOND,
    r.SendSample: Permission.RESPOND,
    r.TestPage: Permission.RESPOND,
    r.OpenIncident: Permission.RESPOND,
    r.Explain: Permission.READ,
    r.Who: Permission.READ,
    r.ShowSchedules: Permission.READ,
    r.AddSilence: Permission.RESPOND,
    r.AddMaintenance: Permission.RESPOND,
    r.AddOverride: Permission.RESPOND,
    r.ListOperational: Permission.READ,
    r.EndOperational: Permission.RESPOND,
    r.ChangeEnd: Permission.RESPOND,
    r.PutNoun: Permission.MANAGE,
    r.RemoveNoun: Permission.MANAGE,
    r.PlanConfiguration: Permission.ADMINISTER,
    r.ApplyConfiguration: Permission.ADMINISTER,
    r.ExportConfiguration: Permission.ADMINISTER,
    r.SendTestEvent: Permission.ADMINISTER,
    r.ResendDelivery: Permission.ADMINISTER,
    r.PutContactMethod: Permission.OWN,
    r.RemoveContactMethod: Permission.OWN,
    r.SendContactCode: Permission.OWN,
    r.VerifyContactMethod: Permission.OWN,
    r.PutPreferences: Permission.OWN,
    r.ListHandoffs: Permission.READ,
    r.ShowHandoff: Permission.READ,
    r.WriteHandoff: Permission.RESPOND,
    r.EditHandoff: Permission.RESPOND,
    r.OfferHandoff: Permission.RESPOND,
    r.AcceptHandoff: Permission.RESPOND,
    r.OfferSwap: Permission.RESPOND,
    r.AskCover: Permission.RESPOND,
    r.AcceptSwap: Permission.RESPOND,
    r.DeclineSwap: Permission.RESPOND,
    r.WithdrawSwap: Permission.RESPOND,
    r.SayUnreachable: Permission.RESPOND,
    r.ListSwaps: Permission.READ,
    r.AddLeave: Permission.RESPOND,
    r.EndLeave: Permission.RESPOND,
    r.ListLeaves: Permission.READ,
    r.ReadCalendar: Permission.MANAGE,
    r.ShowPay: Permission.OWN,
    r.ClosePay: Permission.MANAGE,
    r.AdjustPay: Permission.MANAGE,
    r.ShowFairness: Permission.READ,
    r.ShowHealth: Permission.READ,
    r.ListOnCallWarnings: Permission.READ,
    r.Status: Permission.READ,
    r.Examine: Permission.ADMINISTER,
    r.RotateSecrets: Permission.ADMINISTER,
}

# How a person is reached is their own affair: theirs alone and the administrators'.
OF_ONESELF = (
    r.PutContactMethod,
    r.RemoveContactMethod,
    r.SendContactCode,
    r.VerifyContactMethod,
    r.PutPreferences,
)

# Kinds of which each noun belongs to a team; all other kinds are the house's.
OF_TEAMS = ("teams", "schedules", "policies", "services", "integrations", "calendars")


# What is done in the name of `person`, whose shift it is or who answers.
SWAPPING = (r.OfferSwap, r.AskCover, r.WithdrawSwap, r.SayUnreachable, r.AcceptSwap, r.DeclineSwap)


def authorise(request: r.Request, grants: Grants, facts: Configuration, oneself: str = "") -> None:
    """Raises Refused when they may not. `oneself` is the key of the person who asks, where that is known."""
    permission = NEEDS.get(type(request))
    if permission is None:
        raise r.Refused("forbidden", "nobody said who may ask this")
    if not grants.allow(permission, teams_of(request, facts)):
        raise r.Refused("forbidden", f"this needs the permission to {permission.value}{_where(request)}")
    if isinstance(request, OF_ONESELF) and not grants.everything and request.person != oneself:
        raise r.Refused("forbidden", "only administrators may change how somebody else is reached", "person")
    of_others = isinstance(request, r.ShowPay) and (not oneself or request.person != oneself)
    if of_others and not grants.allow(Permission.MANAGE, teams_of(request, facts)):
        raise r.Refused("forbidden", "what others are paid is for those who manage the team", "person")
    if isinstance(request, r.ShowHealth) and not may_see_health(request, grants, oneself):
        raise r.Refused("forbidden", "how others fare is for those who manage the team", "person")
    if isinstance(request, SWAPPING) and not _may_swap_for(request, grants, facts, oneself):
        raise r.Refused(
            "forbidden", "a shift is its holder's to give away, or their team's managers'", "person"
        )
    if isinstance(request, (r.AddLeave, r.EndLeave)) and not _may_tell_leave(request, grants, facts, oneself):
        raise r.Refused("forbidden", "others' leave is told by those who manage their team", "person")
    if not grants.everything and _names_a_secret_of_the_machine(request, facts):
        raise r.Refused(
            "forbidden", "only administrators may name an environment variable or a file of the server"
        )


def may_see_health(request: r.ShowHealth, grants: Grants, oneself: str) -> bool:
    """A team's sums are for everybody, a person's numbers for themselves and for those who manage the team."""
    their_own = not request.everyone and request.person in (None, oneself or None)
    return their_own or grants.allow(Permission.MANAGE, (request.team,))


def _may_swap_for(
    request: r.OfferSwap | r.AskCover | r.WithdrawSwap | r.SayUnreachable | r.AcceptSwap | r.DeclineSwap,
    grants: Grants,
    facts: Configuration,
    oneself: str,
) -> bool:
    """One's own, or that of somebody whose team one manages. Nobody takes a shift but for themselves (or by an admin)."""
    if grants.everything or (bool(oneself) and request.person == oneself):
        return True
    return not isinstance(request, (r.AcceptSwap, r.DeclineSwap)) and manages(grants, request.person, facts)


def _may_tell_leave(
    request: r.AddLeave | r.EndLeave, grants: Grants, facts: Configuration, oneself: str
) -> bool:
    if isinstance(request, r.AddLeave):
        person = request.person
    else:
        person = next((leave.person for leave in facts.leaves if leave.id == request.id), "")
    return grants.everything or (bool(person) and (person == oneself or manages(grants, person, facts)))


def manages(grants: Grants, person: str, facts: Configuration) -> bool:
    """Whether they manage a team that this person belongs to."""
    return grants.everything or any(
        grants.allow(Permission.MANAGE, (team.key,))
        for team in facts.teams.values()
        if person == team.lead or person in team.members
    )


def person_of(chosen: str | None, login: str, facts: Configuration) -> Person | None:
    """Who an account is: the person it was given, else the one with its e-mail address."""
    if chosen is not None:
        return facts.people.get(chosen)
    return next((p for p in facts.people.values() if p.email.strip().casefold() == login and p.email), None)


def memberships_of(person: Person | None, facts: Configuration) -> tuple[Membership, ...]:
    """What the configuration says: a team's lead manages it, its members respond. So does whoever may be paged without a
    team: they must be able to answer."""
    if person is None:
        return ()
    teams = tuple(
        Membership(team.key, Role.MANAGER if team.lead == person.key else Role.RESPONDER)
        for team in facts.teams.values()
        if person.key == team.lead or person.key in team.members
    )
    return teams or (Membership("", Role.RESPONDER),)


def teams_of(request: r.Request, facts: Configuration) -> tuple[str | None, ...]:
    """The teams whose things a request would change, as they are and as they would be. None: the house's."""
    if isinstance(request, (r.PutNoun, r.RemoveNoun)):
        if request.kind not in OF_TEAMS:
            return (None,)
        there = request.name in getattr(facts, request.kind)
        before = team_of(request.kind, request.name, facts)
        if request.kind == "teams" or isinstance(request, r.RemoveNoun):
            return (before,)  # a new team is the administrators' to make
        after = _team_wanted(request, facts)
        return (before, after) if there else (after,)  # one that is there and nobody's is the house's
    if isinstance(request, (r.ShowPay, r.ClosePay, r.AdjustPay)):
        return (request.team,)
    return ()


def _names_a_secret_of_the_machine(request: r.Request, facts: Configuration) -> bool:
    """Whether it points at an environment variable or a file of the machine where it did not before: whoever chooses these
    could have the machine's own keys used, or sent, in their name."""
    if not isinstance(request, r.PutNoun) or request.kind not in OF_TEAMS:
        return False
    named = set(_secrets_in(request.noun))
    known = facts.integrations.get(request.name) if request.kind == "integrations" else None
    if known is not None and isinstance(known.secret, Secret):
        named -= {("env", known.secret.env), ("file", known.secret.file)}
    return bool(named)


def _secrets_in(value: object) -> Iterable[tuple[str, str | None]]:
    if isinstance(value, dict):
        for key, inside in value.items():
            if key in ("env", "file") and isinstance(inside, str):
                yield key, inside
            else:
                yield from _secrets_in(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from _secrets_in(inside)


def _team_wanted(request: r.PutNoun, facts: Configuration) -> str | None:
    named = request.noun.get("service" if request.kind == "integrations" else "team")
    if not isinstance(named, str):
        return None
    return team_of("services", named, facts) if request.kind == "integrations" else named


def team_of(kind: str, name: str, facts: Configuration) -> str | None:
    """Whose it is. An integration is its service's."""
    match kind:
        case "teams":
            return name if name in facts.teams else None
        case "integrations":
            integration = facts.integrations.get(name)
            return (
                team_of("services", integration.service, facts)
                if integration and integration.service
                else None
            )
        case "schedules" | "policies" | "services" | "calendars":
            noun = getattr(facts, kind).get(name)
            team = getattr(noun, "team", None)
            return str(team) if team else None
    return None


def _where(request: r.Request) -> str:
    if isinstance(request, (r.PutNoun, r.RemoveNoun)):
        return f" the team that {request.kind}.{request.name} belongs to"
    return ""
