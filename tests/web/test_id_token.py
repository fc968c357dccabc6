"""The provider's ID token: whatever is forged, meant for others, or of another time is refused, each for its own reason."""

import base64
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.apps.people import id_token, oidc

ISSUER, CLIENT = "https://login.example.com", "tocsin"
SIGNING, FORGING = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def published(key: rsa.RSAPrivateKey, kid: str | None = "k1", **more: str) -> dict[str, Any]:
    shown: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return shown | ({"kid": kid} if kid else {}) | more


class Published(jwt.PyJWKClient):
    """What the provider would answer with, without a network; `asked` counts."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        super().__init__(f"{ISSUER}/jwks", cooldown_duration=0)
        self.shown, self.asked = list(keys), 0

    def fetch_data(self) -> Any:
        self.asked += 1
        return {"keys": self.shown}


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {"iss": ISSUER, "aud": CLIENT, "sub": "a-1", "iat": now, "exp": now + 600} | changed
    return {name: value for name, value in whole.items() if value is not None}


def token(key: Any = SIGNING, algorithm: str = "RS256", kid: str | None = "k1", **changed: Any) -> str:
    headers = {"kid": kid} if kid else {}
    return jwt.encode(claims(**changed), key, algorithm, headers=headers)


def read(token: str, keys: Published | None = None) -> dict[str, Any]:
    return id_token.claims_of(token, keys or Published(published(SIGNING)), ISSUER, CLIENT)


def test_a_good_one_is_believed() -> None:
    assert read(token())["sub"] == "a-1"
    assert read(token(aud=["others", CLIENT], azp=CLIENT))["sub"] == "a-1"


def test_a_forged_signature_is_refused() -> None:
    with pytest.raises(id_token.NotOurs, match="Signature"):
        read(token(FORGING))


def test_claims_changed_on_the_way_are_refused() -> None:
    head, _, signature = token().split(".")
    changed = jwt.encode(claims(sub="the-boss"), FORGING, "RS256").split(".")[1]
    with pytest.raises(id_token.NotOurs, match="Signature"):
        read(f"{head}.{changed}.{signature}")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"aud": "others"}, "udience"),
        ({"aud": ["others"]}, "udience"),
        ({"azp": "others"}, "another client"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"exp": int(time.time()) - 3600}, "expired"),
        ({"iat": int(time.time()) + 3600}, "not yet valid"),
        ({"sub": ""}, "nobody"),
        ({"sub": 7}, "ubject"),
        *(({name: None}, name) for name in id_token.NEEDED),
    ],
)
def test_what_it_says_must_be_of_us_and_now(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(id_token.NotOurs, match=why):
        read(token(**changed))


def test_a_clock_a_little_off_is_forgiven() -> None:
    now = int(time.time())
    assert read(token(exp=now - id_token.LEEWAY // 2, iat=now + id_token.LEEWAY // 2))


def _unsigned() -> str:
    return jwt.encode(claims(), None, "none", headers={"kid": "k1"})


def _unsigned_with_a_signature() -> str:
    return _unsigned() + token().split(".")[2]


def _signed_with_the_public_key_as_a_secret() -> str:
    pem = SIGNING.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, body = (jwt.encode(claims(), "x" * 32, "HS256", headers={"kid": "k1"}).split("."))[:2]
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        f"{head}.{body}".encode(), pem
    )
    return f"{head}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def _of_another_kind_of_key() -> str:
    return token(ec.generate_private_key(ec.SECP256R1()), "ES256")


@pytest.mark.parametrize(
    "forged",
    [_unsigned, _unsigned_with_a_signature, _signed_with_the_public_key_as_a_secret, _of_another_kind_of_key],
)
def test_no_other_algorithm_gets_past_the_signature(forged: Callable[[], str]) -> None:
    with pytest.raises(id_token.NotOurs):
        read(forged())


def test_a_secret_among_the_published_keys_signs_nothing() -> None:
    known = "a secret that everybody can read, 32 bytes"
    shown = {"kty": "oct", "kid": "k1", "k": base64.urlsafe_b64encode(known.encode()).decode().rstrip("=")}
    with pytest.raises(id_token.NotOurs, match="alg"):
        read(token(known, "HS256"), Published(shown))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "e30.e30.e30", "é.é.é", "." * 9])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(id_token.NotOurs):
        read(text)


# --- the provider's keys ---------------------------------------------------------------------------------------------


def test_keys_are_remembered() -> None:
    keys = Published(published(SIGNING))
    read(token(), keys)
    read(token(), keys)
    assert keys.asked == 1


def test_a_new_key_is_found_when_a_token_names_it() -> None:
    keys = Published(published(FORGING, "old"))
    read(token(FORGING, kid="old"), keys)
    keys.shown = [published(SIGNING, "new")]
    assert read(token(kid="new"), keys)["sub"] == "a-1"


def test_a_key_taken_back_signs_nothing_once_the_new_ones_are_known() -> None:
    keys = Published(published(FORGING, "old"))
    read(token(FORGING, kid="old"), keys)
    keys.shown = [published(SIGNING, "new")]
    read(token(kid="new"), keys)
    with pytest.raises(id_token.NotOurs):
        read(token(FORGING, kid="old"), keys)


def test_a_token_that_names_no_key_is_read_when_there_is_but_one() -> None:
    assert read(token(kid=None), Published(published(SIGNING, None)))["sub"] == "a-1"
    with pytest.raises(id_token.NotOurs, match="with which"):
        read(token(kid=None), Published(published(SIGNING, None), published(FORGING, "k2")))


def test_a_key_for_encryption_signs_nothing() -> None:
    with pytest.raises(id_token.NotOurs):
        read(token(), Published(published(SIGNING, use="enc")))


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/jwks", "file:///etc/passwd"])
def test_keys_that_cannot_be_had_are_said(address: str) -> None:
    with pytest.raises(id_token.NoKeys):
        id_token.claims_of(token(), id_token.keys_at(address), ISSUER, CLIENT)


@pytest.mark.parametrize("answer", [[], {}, {"keys": []}, {"keys": [{"kty": "?"}]}])
def test_keys_that_are_none_are_said(answer: Any) -> None:
    class Odd(Published):
        def fetch_data(self) -> Any:
            return answer

    with pytest.raises((id_token.NoKeys, id_token.NotOurs)):
        read(token(), Odd())


# --- the question ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "said", "good"),
    [
        ({"nonce": "n"}, {"nonce": "n"}, True),
        ({"nonce": "n"}, {"nonce": "m"}, False),
        ({"nonce": "n"}, {}, False),
        ({}, {"nonce": "n"}, False),
        ({}, {}, False),
        ({"nonce": ""}, {"nonce": ""}, False),
        ({"nonce": "n"}, {"nonce": ["n"]}, False),
    ],
)
def test_only_the_answer_to_this_very_question_counts(
    state: dict[str, Any], said: dict[str, Any], good: bool
) -> None:
    assert oidc.is_answer(state, said) is good


@pytest.mark.parametrize(
    ("issuer", "good"),
    [
        (ISSUER, True),
        (ISSUER + "/", True),
        ("https://evil.example", False),
        (None, False),
        (ISSUER + ".evil", False),
    ],
)
def test_the_provider_is_whom_its_address_says(issuer: object, good: bool) -> None:
    assert oidc.is_issuer(ISSUER, issuer) is good
    assert oidc.is_issuer(f"{ISSUER}/.well-known/openid-configuration", issuer) is good
