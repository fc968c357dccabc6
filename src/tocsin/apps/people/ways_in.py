"""A change of how somebody signs in: written into the audit log, and told to the account's address.

Whoever gets hold of an unlocked browser would first add a way in of their own. The letter reaches the owner all the same.
"""

from datetime import UTC, datetime

from django.db import transaction

from tocsin.apps.audit.actions import record
from tocsin.apps.audit.whence import whence
from tocsin.apps.people import mail
from tocsin.apps.people.models import Account
from tocsin.apps.public_url import base_url
from tocsin.channels import plain

# What the act is called in the audit log, and what its letter says happened.
CHANGES = {
    "PasswordChanged": "The password was changed",
    "PasswordReset": "A new password was set by a link sent by mail or handed over",
    "PasskeyAdded": "A passkey was added",
    "PasskeyRemoved": "A passkey was removed",
    "AuthenticatorAppAdded": "An authenticator app was added",
    "AuthenticatorAppRemoved": "An authenticator app was removed",
    "RecoveryCodesMade": "New recovery codes were made; the old ones do not work any more",
    "SecondFactorsForgotten": "Every passkey, authenticator app and recovery code was removed",
    "ProviderLinked": "Another way to sign in was linked",
    "ProviderUnlinked": "A way to sign in was unlinked",
}

LETTER = """\
{what} for {login} at {house}.

When:  {when:%Y-%m-%d %H:%M} UTC
From:  {address}
{by}{also}
If it was you, nothing needs to be done.

If it was not you, somebody else is in your account:

1. Set a new password. It signs out every browser:
   {house}/password/reset
2. Remove what is not yours:
   {house}/me/security
3. Tell an administrator. They can close the account until this is over.
"""


def changed(account: Account, what: str, by: str, now: datetime, name: str = "", also: str = "") -> None:
    """`what` is a key of CHANGES, `name` what the passkey or the provider is called. The letter leaves once the change is
    committed, in the background; without a mail server none does."""
    record(by, what, account.login, now, name)
    if not account.is_active or mail.house_server() is None:
        return
    said = CHANGES[what] + (f" (“{plain.line(name, 100)}”)" if name else "")
    text = LETTER.format(
        what=said,
        login=account.login,
        house=base_url(),
        when=now.astimezone(UTC),
        address=whence().address or "this server itself",
        by=f"By:    {plain.line(by)}\n" if by != account.login else "",
        also=f"\n{also}\n" if also else "",
    )
    subject = f"{CHANGES[what].partition(';')[0]}: your account at Tocsin"
    login = account.login
    transaction.on_commit(lambda: mail.send_later(login, subject, text))
