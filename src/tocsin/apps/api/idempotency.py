"""Idempotency keys: a write that is sent again under the same key is answered again, not done again.

The key is taken before the work begins and its answer is kept for a day, so that of two requests at once one works and the
other is told to wait. Only what was done (2xx) is kept: what was refused changed nothing and may be tried again. When the
process dies between work and answer, the key is free again after a minute: a page lost is worse than one sent twice.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tocsin.apps.api.models import KeptAnswer
from tocsin.apps.api.problems import Stopped, Wrong

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
UNDER_WAY_AT_MOST = timedelta(minutes=1)
LONGEST_KEY = 255
_KEPT_HEADERS = ("Content-Type", "Location", "ETag")


def once(request: HttpRequest, owner: str, work: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer of `work`, or of the first request with this key. Raises Stopped."""
    key = request.headers.get(HEADER)
    if key is None:
        return work()
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        detail = f"expected 1 to {LONGEST_KEY} printable ASCII characters"
        raise Stopped("invalid", detail, (Wrong(detail, header=HEADER),))
    now = timezone.now()
    kept = _begin(owner, key, _fingerprint(request), now)
    if kept.status is not None:
        return _again(kept)
    done = False
    try:
        response = work()
        if 200 <= response.status_code < 300:
            _keep(kept, response)
            done = True
        return response
    finally:
        if not done:
            KeptAnswer.objects.filter(id=kept.id, status=None).delete()


def forget_old(now: datetime) -> None:
    KeptAnswer.objects.filter(begun_at__lt=now - KEPT_FOR).delete()


def _begin(owner: str, key: str, fingerprint: str, now: datetime) -> KeptAnswer:
    """The row of this key: a fresh one to work under, or the answer that is kept."""
    forget_old(now)
    fresh = KeptAnswer(owner=owner, key=key, fingerprint=fingerprint, begun_at=now)
    try:
        with transaction.atomic():
            fresh.save(force_insert=True)
    except IntegrityError:
        return _known(owner, key, fingerprint, now)
    return fresh


def _known(owner: str, key: str, fingerprint: str, now: datetime) -> KeptAnswer:
    with transaction.atomic():
        kept = KeptAnswer.objects.select_for_update().filter(owner=owner, key=key).first()
        if kept is None:  # it failed just now
            raise _under_way()
        if kept.fingerprint != fingerprint:
            detail = "this key came with another request before; take a new one for each"
            raise Stopped("key-reused", detail, (Wrong(detail, header=HEADER),))
        if kept.status is None:
            if now - kept.begun_at < UNDER_WAY_AT_MOST:
                raise _under_way()
            kept.begun_at = now
            kept.save(update_fields=["begun_at"])
        return kept


def _keep(kept: KeptAnswer, response: HttpResponse) -> None:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    KeptAnswer.objects.filter(id=kept.id).update(
        status=response.status_code,
        body=response.content,
        headers=msgspec.json.encode(headers).decode(),
    )


def _again(kept: KeptAnswer) -> HttpResponse:
    response = HttpResponse(bytes(kept.body), status=kept.status)
    for name, value in msgspec.json.decode(kept.headers, type=dict[str, str]).items():
        response.headers[name] = value
    if not kept.body:
        del response.headers["Content-Type"]
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _fingerprint(request: HttpRequest) -> str:
    asked = (request.method or "", request.get_full_path(), request.body.hex())
    return hashlib.sha256("\n".join(asked).encode()).hexdigest()


def _under_way() -> Stopped:
    return Stopped(
        "under-way",
        "the first request with this key is not finished; ask again",
        headers={"Retry-After": "1"},
    )
