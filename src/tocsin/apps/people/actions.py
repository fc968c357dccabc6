"""What people do to accounts; each act leaves a line in the audit log."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from tocsin.apps.people import first_link
from tocsin.apps.people.models import Account, AuditEntry, login_of


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
    account.save(update_fields=["password"])
    record(account.login, "PasswordChanged", account.login, now)


def become(account: Account, person: str | None, now: datetime) -> bool:
    """Say which configured person this account is; None: the one with its e-mail address. False when the person is taken."""
    account.person = person
    try:
        with transaction.atomic():
            account.save(update_fields=["person"])
    except IntegrityError:
        account.refresh_from_db()
        return False
    record(account.login, "PersonChosen", account.login, now, person or "")
    return True


def record(actor: str, what: str, subject: str, now: datetime, detail: str = "") -> None:
    AuditEntry(at=now, actor=actor, via="web", what=what, subject=subject, detail=detail).save(
        force_insert=True
    )
