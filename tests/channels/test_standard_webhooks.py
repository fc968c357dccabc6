"""Signatures as the specification of Standard Webhooks computes them."""

import base64
import hashlib
import hmac

import pytest

from tocsin.channels.standard_webhooks import check_secret, new_secret, signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_signature_is_the_one_of_the_specifications_example() -> None:
    body = b'{"test": 2432232314}'
    signed = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_changed_body_id_or_time_has_another_signature() -> None:
    signed = {
        signature(SECRET, *given)
        for given in (("a", 1, b"x"), ("b", 1, b"x"), ("a", 2, b"x"), ("a", 1, b"y"))
    }
    assert len(signed) == 4


def test_a_new_secret_is_a_good_one_and_never_the_same() -> None:
    first, second = new_secret(), new_secret()
    assert first != second and check_secret(first) == "" == check_secret(second)
    key = base64.b64decode(first.removeprefix("whsec_"))
    expected = hmac.new(key, b"a.1.x", hashlib.sha256).digest()
    assert signature(first, "a", 1, b"x") == "v1," + base64.b64encode(expected).decode()


@pytest.mark.parametrize(
    "secret", ["", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", "whsec_" + "A" * 200]
)
def test_what_is_no_secret_is_refused(secret: str) -> None:
    assert check_secret(secret)
