"""What each request needs of whoever asks. A door that knows people calls `authorise` before it lets a request in."""

from collections.abc import Iterable

from tocsin.control import requests as r
from tocsin.core.configuration import Configuration
from tocsin.core.people import Person
from tocsin.core.roles import Grants, Membership, Permission, Role

NEEDS: dict[type[r.Request], Permission] = {
    r.Act: Permission.RESPOND,
    r.ListIncidents: Permission.FOLLOW,
    r.ShowIncident: Permission.FOLLOW,
    r.ListAlerts: Permission.READ,
    r.SendAlert: Permission.RESPOND,
    r.TestPage: Permission.RESPOND,
    r.Explain: Permission.READ,
    r.Who: Permission.READ,
    r.AddSilence: Permission.RESPOND,
    r.AddMaintenance: Permission.RESPOND,
    r.AddOverride: Permission.RESPOND,
    r.ListOperational: Permission.READ,
    r.EndOperational: Permission.RESPOND,
    r.PutNoun: Permission.MANAGE,
    r.RemoveNoun: Permission.MANAGE,
    r.PlanConfiguration: Permission.ADMINISTER,
    r.ApplyConfiguration: Permission.ADMINISTER,
    r.ExportConfiguration: Permission.ADMINISTER,
    r.Status: Permission.READ,
}

# Kinds of which each noun belongs to a team; all other kinds are the house's.
OF_TEAMS = ("teams", "schedules", "policies", "services", "integrations")


def authorise(request: r.Request, grants: Grants, facts: Configuration) -> None:
    """Raises Refused when they may not."""
    permission = NEEDS[type(request)]
    if not grants.allow(permission, tuple(teams_of(request, facts))):
        raise r.Refused("forbidden", f"this needs the permission to {permission.value}{_where(request)}")


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


def teams_of(request: r.Request, facts: Configuration) -> Iterable[str | None]:
    """The teams whose things a request would change, as they are and as they would be. None: the house's."""
    if isinstance(request, (r.PutNoun, r.RemoveNoun)):
        if request.kind not in OF_TEAMS:
            return (None,)
        before = team_of(request.kind, request.name, facts)
        if request.kind == "teams":
            return (before,)  # a new one is the administrators' to make
        after = _team_wanted(request, facts) if isinstance(request, r.PutNoun) else before
        return (before, after) if before else (after,)
    return ()


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
        case "schedules" | "policies" | "services":
            noun = getattr(facts, kind).get(name)
            team = getattr(noun, "team", None)
            return str(team) if team else None
    return None


def _where(request: r.Request) -> str:
    if isinstance(request, (r.PutNoun, r.RemoveNoun)):
        return f" the team that {request.kind}.{request.name} belongs to"
    return ""
