"""The one table of who may do what, held against a twin that is written out by hand."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.roles import (
    EVERYTHING,
    MAY,
    NOTHING,
    TEAM_ROLES,
    Grants,
    Membership,
    Permission,
    Role,
    grants_of,
    grants_of_token,
    scopes_in,
)

# The twin: a line a role, a column a permission, in the order own, follow, read, respond, manage, administer.
TWIN = {
    Role.ADMIN: "yyyyyy",
    Role.MANAGER: "yyyyy.",
    Role.RESPONDER: "yyyy..",
    Role.OBSERVER: "yyy...",
    Role.STAKEHOLDER: "yy....",
}
TEAMS = ("platform", "billing", "search")

roles = st.sampled_from(Role)
memberships = st.lists(st.builds(Membership, st.sampled_from(TEAMS), roles), max_size=4)
permissions = st.sampled_from(Permission)
teams = st.lists(st.sampled_from([*TEAMS, None, ""]), max_size=3)


def may(admin: bool, held: list[Membership], permission: Permission, about: list[str | None]) -> bool:
    """The same question answered by brute force."""
    column = list(Permission).index(permission)
    if admin:
        return True
    mine = {each.role for each in held if each.role in (Role.MANAGER, Role.RESPONDER, Role.OBSERVER)}
    if not any(TWIN[role][column] == "y" for role in (Role.STAKEHOLDER, *mine)):
        return False
    if permission is not Permission.MANAGE:
        return True
    return all(
        any(each.team == team and each.role is Role.MANAGER for each in held) and bool(team) for team in about
    )


def test_every_role_has_a_line_in_the_table() -> None:
    for role in Role:
        written = "".join("y" if permission in MAY[role] else "." for permission in Permission)
        assert written == TWIN[role], role


@given(st.booleans(), memberships, permissions, teams)
def test_the_table_answers_as_its_twin_does(
    admin: bool, held: list[Membership], permission: Permission, about: list[str | None]
) -> None:
    assert grants_of(admin, held).allow(permission, about) == may(admin, held, permission, about)


@given(memberships)
def test_no_membership_makes_an_administrator(held: list[Membership]) -> None:
    assert not grants_of(False, held).everything


def test_a_role_of_the_house_counts_for_nothing_in_a_team() -> None:
    assert grants_of(False, [Membership("platform", Role.ADMIN)]) == grants_of(False, [])


@given(st.sampled_from(TEAM_ROLES[:2]), st.lists(st.sampled_from(TEAMS), max_size=3))
def test_whoever_responds_anywhere_helps_everywhere(role: Role, about: list[str]) -> None:
    assert grants_of(False, [Membership("platform", role)]).allow(Permission.RESPOND, about)


def test_nothing_allows_nothing() -> None:
    assert not any(NOTHING.allow(permission) for permission in Permission)


def test_what_belongs_to_no_team_is_the_administrators() -> None:
    manager = grants_of(False, [Membership("platform", Role.MANAGER)])
    assert not manager.allow(Permission.MANAGE, (None,))
    assert not manager.allow(Permission.MANAGE, ("",))
    assert EVERYTHING.allow(Permission.MANAGE, (None,))


def test_a_manager_of_a_team_without_a_name_manages_nothing() -> None:
    assert grants_of(False, [Membership("", Role.MANAGER)]).manages == frozenset()


# --- tokens ----------------------------------------------------------------------------------------------------------

scopes = st.frozensets(permissions)


@given(st.booleans(), memberships, scopes, permissions, teams)
def test_a_personal_token_never_may_more_than_its_owner_or_its_scopes(
    admin: bool,
    held: list[Membership],
    given_scopes: frozenset[Permission],
    permission: Permission,
    about: list[str | None],
) -> None:
    owner = grants_of(admin, held)
    token = grants_of_token(given_scopes, owner, "search")
    if token.allow(permission, about):
        assert permission in given_scopes
        assert owner.allow(permission, about)
    assert owner.covers(token)


@given(scopes, st.sampled_from([None, "", *TEAMS]), permissions, teams)
def test_a_service_manages_its_own_team_alone(
    given_scopes: frozenset[Permission], team: str | None, permission: Permission, about: list[str | None]
) -> None:
    token = grants_of_token(given_scopes, None, team)
    if permission is Permission.MANAGE and token.allow(permission, about) and not token.everything:
        assert all(each == team for each in about)
    assert not token.allow(Permission.OWN)


def test_an_administrators_token_that_may_manage_manages_every_team_but_not_the_house() -> None:
    token = EVERYTHING.only({Permission.MANAGE})
    assert token.allow(Permission.MANAGE, ("platform", "billing"))
    assert not token.allow(Permission.MANAGE, (None,))
    assert not token.allow(Permission.READ)


def test_scopes_that_nobody_knows_are_worth_nothing() -> None:
    assert scopes_in("read  respond everything ADMINISTER") == {Permission.READ, Permission.RESPOND}


@given(st.booleans(), memberships, st.booleans(), memberships, permissions, teams)
def test_who_covers_another_may_all_that_the_other_may(
    admin: bool,
    held: list[Membership],
    other_admin: bool,
    other_held: list[Membership],
    permission: Permission,
    about: list[str | None],
) -> None:
    mine, others = grants_of(admin, held), grants_of(other_admin, other_held)
    if mine.covers(others) and others.allow(permission, about):
        assert mine.allow(permission, about)


def test_grants_with_different_teams_do_not_cover_each_other() -> None:
    one = Grants(frozenset(Permission) - {Permission.ADMINISTER}, frozenset({"platform"}))
    assert not one.covers(Grants(one.permissions, frozenset({"billing"})))
