"""What people do to accounts; each act leaves a line in the audit log."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from tocsin.apps.audit.actions import record as record
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people import first_link, one_time, sessions, ways_in
from tocsin.apps.people.authority import grants_for
from tocsin.apps.people.models import Account, Membership, SignInLink, login_of
from tocsin.control.authority import person_of


def make_first_administrator(
    token: str, name: str, email: str, password: str, now: datetime
) -> Account | None:
    """None when the link is not good (any more)."""
    account = Account(
        login=login_of(email),
        name=name.strip(),
        password=make_password(password),
        is_admin=True,
        created_at=now,
    )
    if not first_link.use(token, account, now):
        return None
    record(account.login, "FirstAdministrator", account.login, now)
    return account


def change_password(account: Account, password: str, now: datetime) -> None:
    """Every other session of the account ends with it: a session is bound to the password it began with."""
    account.set_password(password)
    with transaction.atomic():
        account.save(update_fields=["password"])
        one_time.end(account, one_time.PASSWORD, now)
        ways_in.changed(account, "PasswordChanged", account.login, now)


def become(account: Account, person: str | None, now: datetime) -> bool:
    """Say which configured person this account is; None: the one with its e-mail address. False when the person is taken.

    Whoever is a person is paged in their place and may what they may: only administrators choose freely. Raises
    PermissionDenied."""
    configuration = facts()
    now_is = person_of(account.person, account.login, configuration)
    by_address = person_of(None, account.login, configuration)
    chosen_by_address = person is None or (by_address is not None and by_address.key == person)
    if not chosen_by_address and not grants_for(account, now_is, configuration).everything:
        raise PermissionDenied(
            "Only an administrator says that an account is somebody else in the configuration."
        )
    before, account.person = account.person, person
    try:
        with transaction.atomic():
            account.save(update_fields=["person"])
            by, after = account.login, {"person": person}
            record(by, "PersonChosen", account.login, now, before={"person": before}, after=after)
    except IntegrityError:
        account.refresh_from_db()
        return False
    return True


# --- invitations and passwords ---------------------------------------------------------------------------------------


class Taken(Exception):
    """There is an account with this address."""


def invite(email: str, name: str, admin: bool, team: str, role: str, by: str, now: datetime) -> Account:
    """An account that nobody can sign in to yet. Raises Taken."""
    account = Account(login=login_of(email), name=name.strip(), is_admin=admin, created_at=now)
    account.set_unusable_password()
    try:
        with transaction.atomic():
            account.save(force_insert=True)
            if team and role:
                Membership(account=account, team=team, role=role).save(force_insert=True)
    except IntegrityError:
        raise Taken from None
    given = ", ".join(
        [*(["administrator"] if admin else []), *([f"{role} in {team}"] if team and role else [])]
    )
    record(by, "Invited", account.login, now, given)
    return account


def make_link(account: Account, purpose: str, by: str, now: datetime, sent_to: str = "") -> str:
    """The path of a one-time link; earlier ones of that purpose end."""
    path, _ = one_time.make(account, purpose, by, now, sent_to)
    record(by, "LinkMade", account.login, now, f"{purpose}, {'by mail' if sent_to else 'shown once'}")
    return path


def accept(link: SignInLink, name: str, password: str, now: datetime) -> Account | None:
    """The invited one begins. None when the link is used by now."""
    return _with_password(link, password, now, "InvitationAccepted", name=name)


def reset_password(link: SignInLink, password: str, now: datetime) -> Account | None:
    """Every session ends. None when the link is used by now."""
    return _with_password(link, password, now, "PasswordReset")


def _with_password(
    link: SignInLink, password: str, now: datetime, what: str, name: str = ""
) -> Account | None:
    hashed = make_password(password)  # slow on purpose, so not in the transaction
    with transaction.atomic():
        account = Account.objects.select_for_update().get(links=link)
        if not one_time.spend(link, now):
            return None
        account.password = hashed
        account.name = name.strip() or account.name
        if link.sent_to and login_of(link.sent_to) == account.login:
            account.email_verified_at = account.email_verified_at or now
        account.save(update_fields=["password", "name", "email_verified_at"])
        one_time.end(account, one_time.PASSWORD, now)
        one_time.end(account, one_time.INVITATION, now)
        sessions.end_all(account)
        if what in ways_in.CHANGES:
            ways_in.changed(account, what, account.login, now)
        else:
            record(account.login, what, account.login, now)
    return account


# --- roles and the end of accounts -----------------------------------------------------------------------------------


class LastAdministrator(Exception):
    """Nobody else could let anybody in."""


def is_last_administrator(account: Account) -> bool:
    """Whether no other account could administer. One that was only invited so far does not count. Within a transaction the
    administrators are locked, so that two cannot end each other at once."""
    others = Account.objects.select_for_update() if connection.in_atomic_block else Account.objects.all()
    usable = others.filter(is_admin=True, is_active=True).order_by("pk")
    return not any(a.pk != account.pk and (a.has_usable_password() or a.last_login) for a in usable)


def set_admin(account: Account, admin: bool, by: str, now: datetime) -> None:
    """Raises LastAdministrator."""
    with transaction.atomic():
        if not admin and account.is_admin and is_last_administrator(account):
            raise LastAdministrator
        before, after = {"administrator": account.is_admin}, {"administrator": admin}
        account.is_admin, account.admin_origin = admin, "people"
        account.save(update_fields=["is_admin", "admin_origin"])
        what = "AdministratorMade" if admin else "AdministratorEnded"
        record(by, what, account.login, now, before=before, after=after)


def give_role(account: Account, team: str, role: str, origin: str, by: str, now: datetime) -> None:
    with transaction.atomic():
        held = Membership.objects.filter(account=account, team=team, origin=origin).first()
        before = {team: held.role} if held is not None else None
        Membership.objects.update_or_create(
            account=account, team=team, origin=origin, defaults={"role": role}
        )
        record(by, "RoleGiven", account.login, now, f"{role} in {team}", before=before, after={team: role})


def take_role(account: Account, team: str, by: str, now: datetime) -> bool:
    """Only what people gave; the configuration's and the provider's are theirs. False when there is none."""
    with transaction.atomic():
        held = Membership.objects.filter(account=account, team=team, origin="people")
        before = {each.team: each.role for each in held}
        gone, _ = held.delete()
        if gone:
            record(by, "RoleTaken", account.login, now, team, before=before)
    return bool(gone)


def link_person(account: Account, person: str | None, by: str, now: datetime) -> bool:
    """Whom the account is in the configuration; None: the one with its address. False when that person has an account."""
    before, account.person = account.person, person
    try:
        with transaction.atomic():
            account.save(update_fields=["person"])
            record(
                by, "PersonChosen", account.login, now, before={"person": before}, after={"person": person}
            )
    except IntegrityError:
        account.person = before
        return False
    return True


def rename(account: Account, name: str, by: str, now: datetime) -> None:
    before, account.name = account.name, name.strip()
    with transaction.atomic():
        account.save(update_fields=["name"])
        record(
            by, "AccountRenamed", account.login, now, before={"name": before}, after={"name": account.name}
        )


def close(account: Account, by: str, now: datetime) -> None:
    """Nobody can sign in to it, and every session ends. Raises LastAdministrator."""
    with transaction.atomic():
        if account.is_admin and is_last_administrator(account):
            raise LastAdministrator
        account.is_active = False
        account.save(update_fields=["is_active"])
        one_time.end(account, one_time.INVITATION, now)
        one_time.end(account, one_time.PASSWORD, now)
        sessions.end_all(account)
        record(by, "AccountClosed", account.login, now)


def reopen(account: Account, by: str, now: datetime) -> None:
    account.is_active = True
    with transaction.atomic():
        account.save(update_fields=["is_active"])
        record(by, "AccountReopened", account.login, now)


def sign_out_everywhere(account: Account, by: str, now: datetime) -> None:
    sessions.end_all(account)
    record(by, "SignedOutEverywhere", account.login, now)


def forget_second_factors(account: Account, by: str, now: datetime) -> None:
    """For whoever lost them: the password alone signs in again."""
    with transaction.atomic():
        Authenticator.objects.filter(user_id=account.pk).delete()
        sessions.end_all(account)
        ways_in.changed(account, "SecondFactorsForgotten", by, now)
