"""Who may do what: the one table. Every door (web, API, command line) asks `Grants` here and nowhere else.

Roles belong to teams, but help does not stop at a team's border: whoever responds anywhere may page, acknowledge and help
everywhere, because nobody may be locked out at 3am. Only a team's own things are changed by its managers alone.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum

import msgspec


class Permission(StrEnum):
    """What a page, an operation or a command needs."""

    OWN = "own"  # one's own account, sessions, tokens, contact methods
    FOLLOW = "follow"  # read incidents and their updates
    READ = "read"  # read everything that is no secret
    RESPOND = "respond"  # act on incidents, page people, silence, maintain, override, report
    MANAGE = "manage"  # change a team's own schedules, policies, services, integrations
    ADMINISTER = "administer"  # the whole house: people, routes, accounts, audit, configuration as code


class Role(StrEnum):
    """`ADMIN` and `STAKEHOLDER` are of the whole house, the others of a team."""

    ADMIN = "admin"
    MANAGER = "manager"
    RESPONDER = "responder"
    OBSERVER = "observer"
    STAKEHOLDER = "stakeholder"


P = Permission
MAY: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.MANAGER: frozenset({P.OWN, P.FOLLOW, P.READ, P.RESPOND, P.MANAGE}),
    Role.RESPONDER: frozenset({P.OWN, P.FOLLOW, P.READ, P.RESPOND}),
    Role.OBSERVER: frozenset({P.OWN, P.FOLLOW, P.READ}),
    Role.STAKEHOLDER: frozenset({P.OWN, P.FOLLOW}),
}
TEAM_ROLES = (Role.MANAGER, Role.RESPONDER, Role.OBSERVER)


class Membership(msgspec.Struct, frozen=True):
    team: str
    role: Role


class Grants(msgspec.Struct, frozen=True):
    """What somebody may do. `manages` are the teams whose own things they may change, unless it is `every_team`'s."""

    permissions: frozenset[Permission] = frozenset()
    manages: frozenset[str] = frozenset()
    every_team: bool = False  # an administrator's token that may manage, but not administer

    @property
    def everything(self) -> bool:
        return P.ADMINISTER in self.permissions

    def allow(self, permission: Permission, teams: Collection[str | None] = ()) -> bool:
        """`teams` are those whose things it is about; what belongs to no team (None) is the administrators'."""
        if permission not in self.permissions:
            return False
        if permission is not P.MANAGE or self.everything:
            return True
        return all(team and (self.every_team or team in self.manages) for team in teams)

    def only(self, scopes: Iterable[Permission]) -> "Grants":
        """As far as a token's scopes reach."""
        return Grants(self.permissions & frozenset(scopes), self.manages, self.every_team or self.everything)

    def covers(self, other: "Grants") -> bool:
        """Whether whoever has these may do all that `other` may."""
        if self.everything:
            return True
        teams = self.every_team or (not other.every_team and other.manages <= self.manages)
        return other.permissions <= self.permissions and teams


NOTHING = Grants()
EVERYTHING = Grants(frozenset(Permission))  # the operator's own token, and whoever reads the data directory


def grants_of(admin: bool, memberships: Iterable[Membership]) -> Grants:
    """Everybody with an account may at least follow what happens. No team makes anybody an administrator: only roles of
    teams count here."""
    held = tuple(each for each in memberships if each.role in TEAM_ROLES)
    roles = {Role.STAKEHOLDER, *(each.role for each in held), *([Role.ADMIN] if admin else [])}
    return Grants(
        frozenset().union(*(MAY[role] for role in roles)),
        frozenset(each.team for each in held if each.role is Role.MANAGER and each.team),
    )


def scopes_in(text: str) -> frozenset[Permission]:
    """As a token keeps them, with blanks between. What this version does not know is worth nothing."""
    known = Permission.__members__.values()
    return frozenset(Permission(word) for word in text.split() if word in known)


def grants_of_token(scopes: frozenset[Permission], owner: Grants | None, team: str | None) -> Grants:
    """A personal token may what its owner may now, as far as its scopes reach; a service's (no owner) what its scopes say,
    of things of one team, or of all when it administers."""
    if owner is not None:
        return owner.only(scopes)
    return Grants(scopes - {P.OWN}, frozenset({team}) if team else frozenset())
