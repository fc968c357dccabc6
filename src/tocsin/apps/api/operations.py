"""An operation of the API: a function that says its permission, what it takes and what it answers.

What is asked of every request stands here once, in this order: token, permission, query, body, idempotency key, work, ETag.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.decorators import decorate_view

from tocsin.apps.api import bodies, etags, idempotency
from tocsin.apps.api.callers import Caller, caller_of
from tocsin.apps.api.problems import Stopped, Wrong, answered, invalid
from tocsin.core.roles import Permission

View = TypeVar("View", bound=Callable[..., Any])
SAFE = ("GET", "HEAD")
JSON = "application/json"
_encode = msgspec.json.Encoder().encode


class Operation(msgspec.Struct, frozen=True):
    """`takes` is the type of the body, `answers` that of the answer (None: 204 without a body). `example` is a body that
    works. `refuses` are statuses beside those that any operation may answer."""

    name: str
    method: str
    path: str
    needs: Permission
    parameters: frozenset[str]
    takes: Any = None
    answers: Any = None
    status: int = 200
    example: Any = None
    body_schema: dict[str, Any] | None = None  # where `takes` alone does not say it
    refuses: tuple[int, ...] = ()
    conditional: bool = False  # heeds If-Match and If-None-Match
    once: bool = False  # heeds Idempotency-Key
    media: str = JSON  # of the answer; what is no JSON is answered as a text


class Answer(msgspec.Struct, frozen=True):
    """An answer with a status or headers of its own."""

    value: Any
    status: int = 200
    headers: dict[str, str] = {}


OPERATIONS: dict[str, Operation] = {}


def operation(
    router: Router,
    method: str,
    path: str,
    *,
    needs: Permission,
    name: str = "",
    summary: str,
    takes: Any = None,
    answers: Any = None,
    status: int = 200,
    example: Any = None,
    body_schema: dict[str, Any] | None = None,
    refuses: tuple[int, ...] = (),
    conditional: bool = False,
    once: bool | None = None,
    media: str = JSON,
) -> Callable[[View], View]:
    """The function gets the request (with `request.caller`), path and query parameters, and `body` when it takes one."""

    def declared(view: View) -> View:
        known = [p for p in inspect.signature(view).parameters.values() if p.name != "body"]
        said = Operation(
            name=name or view.__name__,
            method=method,
            path=path,
            needs=needs,
            parameters=frozenset(p.name for p in known[1:] if f"{{{p.name}}}" not in _plain(path)),
            takes=takes,
            answers=answers,
            status=204 if answers is None else status,
            example=example,
            body_schema=body_schema,
            refuses=refuses,
            conditional=conditional,
            once=method == "POST" if once is None else once,
            media=media,
        )
        assert said.name not in OPERATIONS, said.name
        OPERATIONS[said.name] = said

        @wraps(view)
        def run(request: HttpRequest, **values: Any) -> HttpResponse:
            if takes is not None:
                values["body"] = request.given  # type: ignore[attr-defined]
            return _response(request, said, view(request, **values))

        run.__signature__ = inspect.Signature(known)  # type: ignore[attr-defined]
        decorate_view(_guard(said))(run)
        router.api_operation([method], path, operation_id=said.name, summary=summary, url_name=said.name)(run)
        return view

    return declared


def caller(request: HttpRequest) -> Caller:
    known: Caller = request.caller  # type: ignore[attr-defined]
    return known


def _plain(path: str) -> str:
    """`{path:name}` as `{name}`."""
    return path.replace("{path:", "{").replace("{int:", "{")


def _guard(said: Operation) -> Callable[[Any], Any]:
    def around(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def guarded(request: HttpRequest, **path: Any) -> HttpResponse:
            try:
                request.caller = known = caller_of(request)  # type: ignore[attr-defined]
                if not known.grants.allow(said.needs):
                    raise Stopped("forbidden", f"this needs the permission to {said.needs.value}")
                _check_query(request, said)
                _check_path(path)
                if said.takes is not None:
                    request.given = bodies.read(request, said.takes)  # type: ignore[attr-defined]
                if said.once:
                    return idempotency.once(request, known.owner, lambda: run(request, **path))
                return run(request, **path)
            except Stopped as stopped:
                return answered(stopped)

        return guarded

    return around


def _check_query(request: HttpRequest, said: Operation) -> None:
    """A filter that is misspelt must not be ignored: the answer would be about something else."""
    for name, values in request.GET.lists():
        if name not in said.parameters:
            known = ", ".join(sorted(said.parameters)) or "none"
            raise invalid(f"there is no such parameter; known: {known}", parameter=name[:100])
        if any("\0" in value for value in values):
            raise invalid("a text may not hold NUL characters", parameter=name)


def _check_path(path: dict[str, Any]) -> None:
    for name, value in path.items():
        if isinstance(value, str) and "\0" in value:
            raise Stopped("not-found", "there is nothing of this name", (Wrong("NUL", parameter=name),))


def _response(request: HttpRequest, said: Operation, answer: Any) -> HttpResponse:
    if isinstance(answer, HttpResponse):
        return answer
    if not isinstance(answer, Answer):
        answer = Answer(answer, said.status)
    if answer.value is None:
        response = HttpResponse(status=204)
        del response.headers["Content-Type"]
    else:
        body = _encode(answer.value) if said.media == JSON else str(answer.value).encode()
        etag = etags.etag_of(body)
        if request.method in SAFE and etags.is_known(request, etag):
            response = HttpResponse(status=304)
            del response.headers["Content-Type"]
        else:
            response = HttpResponse(body, status=answer.status, content_type=said.media)
        if request.method in SAFE or said.conditional:
            response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache" if request.method in SAFE else "no-store"
    for header, value in answer.headers.items():
        response.headers[header] = value
    return response
