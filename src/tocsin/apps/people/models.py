"""Accounts of the people who sign in, their tokens and one-time links, and the audit log of what they did.

Who a person is for paging (contact methods, rules) is configuration; `Account.person` names that person.
"""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from tocsin.apps.columns import InstantField, KeyField, OptionalInstantField


class Accounts(BaseUserManager["Account"]):
    """Django's sign-in asks its user model for `get_by_natural_key`; that and nothing else is here."""


def login_of(email: str) -> str:
    """Accounts are found by e-mail address, however it is typed."""
    return email.strip().casefold()


class Account(AbstractBaseUser):
    id = models.BigAutoField(primary_key=True)
    login = models.TextField(unique=True)
    name = models.TextField(default="")
    person = models.TextField(null=True, unique=True)
    is_admin = models.BooleanField(default=False)
    # "oidc": a group of the identity provider gave it, and its absence takes it away again.
    admin_origin = models.TextField(default="people", db_default="people")
    is_active = models.BooleanField(default=True)
    created_at = InstantField()
    # Somebody opened a link that was sent to the address, or the identity provider vouches for it.
    email_verified_at = OptionalInstantField()
    session_epoch = models.BigIntegerField(default=0, db_default=0)  # raised, it ends every session

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[Accounts] = Accounts()

    class Meta:
        db_table = "account"
        default_permissions = ()

    def __str__(self) -> str:
        return self.name or self.login

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session is bound to: the password, and the epoch once it was raised."""
        bound = f"{self.session_epoch}|{self.password}" if self.session_epoch else self.password
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        return salted_hmac(salt, bound, secret=secret, algorithm="sha256").hexdigest()


class Membership(models.Model):
    """A role in a team that the configuration does not give: by an invitation, on screen, or by a group of the identity
    provider (`origin` names which). What the configuration says comes on top."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    team = KeyField()
    role = models.TextField()
    origin = models.TextField(default="people")

    class Meta:
        db_table = "membership"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["account", "team", "origin"], name="membership_account_team_origin"
            )
        ]


class SignInLink(models.Model):
    """A one-time link. Only the SHA-256 of its secret is kept; used or expired, it is worth nothing.

    Without an account it makes the first administrator, as long as there is no account at all. With one its `purpose` is
    "invitation" or "password"; `sent_to` is the address it was sent to, empty when it was only shown to be copied.
    """

    digest = models.TextField(primary_key=True)
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="links")
    purpose = models.TextField(default="", db_default="")
    sent_to = models.TextField(default="", db_default="")
    created_by = models.TextField(default="", db_default="")
    created_at = InstantField()
    expires_at = OptionalInstantField()
    used_at = OptionalInstantField()

    class Meta:
        db_table = "sign_in_link"
        default_permissions = ()


class Throttle(models.Model):
    """Failed sign-ins that share something: an address, an account, or both. Nobody gets a try before `until`."""

    key = KeyField(primary_key=True)
    failures = models.BigIntegerField()
    until = InstantField()
    updated_at = InstantField()

    class Meta:
        db_table = "sign_in_throttle"
        default_permissions = ()


class ApiToken(models.Model):
    """A bearer token. Only the SHA-256 of its secret is kept, and its beginning to tell it by.

    A personal one is its account's and may at most what the account may; a service's (`account` is null) may what its
    scopes say. `scopes` are permissions (core/roles.py) with blanks between; `team` is the one that a service manages.
    """

    id = models.BigAutoField(primary_key=True)
    digest = models.TextField(unique=True)
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="tokens")
    name = models.TextField(default="")
    begins_with = models.TextField(db_default="")
    scopes = models.TextField(db_default="")
    team = models.TextField(null=True)
    created_by = models.TextField(db_default="")
    created_at = InstantField()
    expires_at = OptionalInstantField()
    last_used_at = OptionalInstantField()
    revoked_at = OptionalInstantField()

    class Meta:
        db_table = "api_token"
        default_permissions = ()


class AuditEntry(models.Model):
    """Who did what, through which door and from where; `before` and `after` as JSON, without secrets. Appended, never
    changed."""

    id = models.BigAutoField(primary_key=True)
    at = InstantField()
    actor = models.TextField()
    via = models.TextField()
    what = models.TextField()
    subject = models.TextField()
    detail = models.TextField()
    address = models.TextField(db_default="")
    before = models.TextField(db_default="")
    after = models.TextField(db_default="")

    class Meta:
        db_table = "audit_entry"
        default_permissions = ()
