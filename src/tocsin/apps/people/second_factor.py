"""What proves somebody beside the password: a code of an authenticator app, a recovery code, or a passkey.

allauth keeps them (`Authenticator`); here is what decides, so that a code is taken once, on all nodes, and guessing counts.
"""

import logging
from typing import Any

from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from django.core.exceptions import ValidationError
from django.db import transaction

from tocsin.apps.people.models import Account
from tocsin.config.sealing import Unreadable

log = logging.getLogger(__name__)

TOTP, PASSKEY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN
RECOVERY = Authenticator.Type.RECOVERY_CODES
MOST_PASSKEYS = 20


def is_on(account: Account) -> bool:
    return bool(Authenticator.objects.filter(user_id=account.pk, type__in=(TOTP, PASSKEY)).exists())


def take_code(account: Account, code: str) -> Authenticator | None:
    """Whose code it is; it is used with that. None when it is wrong, or was used before."""
    code = "".join(code.split()).replace("-", "")
    if not (code.isascii() and code.isdigit() and len(code) <= 16):
        return None
    with transaction.atomic():
        known = Authenticator.objects.select_for_update().filter(
            user_id=account.pk, type__in=(TOTP, RECOVERY)
        )
        for one in known.order_by("-type"):  # the app's code first
            if _takes(one, code):
                return one
    return None


def _takes(one: Authenticator, code: str) -> bool:
    try:
        return _take_totp(one, code) if one.type == TOTP else bool(one.wrap().validate_code(code))
    except Unreadable:
        log.error("authenticator %s is sealed with a key that is not here: TOCSIN_ENCRYPTION_KEY", one.pk)
        return False


def _take_totp(one: Authenticator, code: str) -> bool:
    """RFC 6238, 5.2: a time step's code is taken once, and so is every earlier one."""
    secret, used = decrypt(one.data["secret"]), one.data.get("used_step", -1)
    step = next((s for s in totp.yield_hotp_counters_from_time() if _code_at(secret, s) == code), None)
    if step is None or step <= used:
        return False
    one.data["used_step"] = step
    one.save(update_fields=["data"])
    return True


def _code_at(secret: str, step: int) -> str:
    return str(totp.format_hotp_value(totp.hotp_value(secret, step)))


def is_code_of(secret: str, code: str) -> bool:
    """For setting up: whether the app shows what this secret gives."""
    return bool(totp.validate_totp_code(secret, "".join(code.split())))


def add_totp(account: Account, secret: str) -> None:
    totp.TOTP.activate(account, secret)


def add_passkey(account: Account, name: str, credential: Any) -> bool:
    """What the browser answered to `webauthn.begin_registration`. False when it does not prove what it must."""
    try:
        webauthn.parse_registration_response(credential)
        known = webauthn.complete_registration(credential)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return False  # whatever the library makes of hostile JSON
    if not known.is_user_verified():
        return False
    webauthn.WebAuthn.add(account, name, credential)
    return True


def take_passkey(account: Account | None, credential: Any) -> Authenticator | None:
    """Whose passkey answered; without an account, whoever it belongs to. None when it proves nobody."""
    try:
        webauthn.parse_authentication_response(credential)
        owner = account or webauthn.extract_user_from_response(credential)
        found: Authenticator = webauthn.complete_authentication(owner, credential)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return None  # whatever the library makes of hostile JSON
    return found


def ensure_recovery_codes(account: Account) -> bool:
    """Whoever adds a factor gets codes for the day it is lost. True when they are new."""
    if Authenticator.objects.filter(user_id=account.pk, type=RECOVERY).exists():
        return False
    RecoveryCodes.activate(account)
    return True


def new_recovery_codes(account: Account) -> list[str]:
    """The old ones end."""
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=account.pk)
        Authenticator.objects.filter(user_id=account.pk, type=RECOVERY).delete()
        return list(RecoveryCodes.activate(account).get_unused_codes())


def remove(account: Account, id: int) -> Authenticator | None:
    """The account's own passkey or app; the recovery codes go with the last of them."""
    with transaction.atomic():
        one = Authenticator.objects.filter(user_id=account.pk, pk=id, type__in=(TOTP, PASSKEY)).first()
        if one is not None:
            Authenticator.objects.filter(pk=one.pk).delete()
            delete_dangling_recovery_codes(account)
    return one


def codes_left(account: Account) -> list[str] | None:
    """The recovery codes that are not used; None when there are none, or they cannot be read."""
    kept = Authenticator.objects.filter(user_id=account.pk, type=RECOVERY).first()
    try:
        return list(kept.wrap().get_unused_codes()) if kept is not None else None
    except Unreadable:
        return None
