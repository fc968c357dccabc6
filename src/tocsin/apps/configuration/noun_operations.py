"""The four operations of one kind of noun: list, read, put, remove. Each subject's router gets those of its kinds."""

from typing import Any

import msgspec
from django.http import HttpRequest
from ninja import Router

from tocsin.apps.api import etags
from tocsin.apps.api.asking import ask
from tocsin.apps.api.callers import Caller
from tocsin.apps.api.cursors import Cursor, Limit, name_after, page_of
from tocsin.apps.api.operations import Answer, caller, operation
from tocsin.apps.api.parameters import Name
from tocsin.apps.api.problems import Stopped, of_refused
from tocsin.apps.configuration.written import WrittenNoun, nouns
from tocsin.config.answers import Problem as Warned
from tocsin.config.schema.kinds import KINDS, SINGLE
from tocsin.control.requests import NounView, PutNoun, Refused, RemoveNoun
from tocsin.core.configuration import Origin
from tocsin.core.roles import Permission

BY_FILES = "What comes from Git is changed in its files only: 409."


class Nouns(msgspec.Struct, frozen=True):
    """By name. `next` is the cursor of the following page; null at the end."""

    items: tuple[WrittenNoun, ...]
    next: str | None


class PutNounAnswer(msgspec.Struct, frozen=True):
    """The noun as it now is, and what it was warned about."""

    kind: str
    name: str
    origin: Origin
    noun: dict[str, Any]
    warnings: tuple[Warned, ...]


def many(
    router: Router,
    path: str,
    kind: str,
    one: str,
    example: dict[str, Any],
    *,
    reads: bool = True,
    reading: Permission = Permission.READ,
) -> None:
    """`path` is the list's address, `one` what a single one is called. `reads` False: reading is told otherwise."""
    name = one.replace(" ", "_")
    if reads:

        def read_all(request: HttpRequest, cursor: Cursor = "", limit: Limit = 50) -> Nouns:
            after = name_after(cursor)
            known = nouns(kind, caller(request).facts)
            rows = [known[key] for key in sorted(known) if after is None or key > after]
            return Nouns(*page_of(rows[: limit + 1], limit, lambda noun: noun.name))

        operation(
            router,
            "GET",
            path,
            needs=reading,
            name=f"list_{kind}",
            summary=f"List the {kind.replace('_', ' ')}",
            answers=Nouns,
        )(read_all)

        def read_one(request: HttpRequest, key: Name) -> WrittenNoun:
            return found(caller(request), kind, key)

        operation(
            router,
            "GET",
            path + "/{path:key}" if kind == "inhibitions" else path + "/{key}",
            needs=reading,
            name=f"get_{name}",
            summary=f"Read one {one}",
            answers=WrittenNoun,
            refuses=(404,),
        )(read_one)

    def put(request: HttpRequest, key: Name, body: dict[str, Any] | None) -> Answer:
        return _put(request, kind, key, body)

    put.__doc__ = f"Made when it is not there, else replaced whole. {BY_FILES} `If-None-Match: *` only makes."
    operation(
        router,
        "PUT",
        path + "/{path:key}" if kind == "inhibitions" else path + "/{key}",
        needs=Permission.MANAGE,
        name=f"put_{name}",
        summary=f"Make or change one {one}",
        takes=dict[str, Any] | None,
        answers=PutNounAnswer,
        body_schema=KINDS[kind].schema(),
        example=example,
        conditional=True,
        refuses=(201, 409),
    )(put)

    def remove(request: HttpRequest, key: Name) -> None:
        _remove(request, kind, key)

    remove.__doc__ = f"Refused (422) while something else names it. {BY_FILES}"
    operation(
        router,
        "DELETE",
        path + "/{path:key}" if kind == "inhibitions" else path + "/{key}",
        needs=Permission.MANAGE,
        name=f"remove_{name}",
        summary=f"Remove one {one}",
        conditional=True,
        refuses=(404, 409),
    )(remove)


def single(router: Router, path: str, kind: str, example: dict[str, Any]) -> None:
    """Of a kind of which there is one."""

    def read(request: HttpRequest) -> WrittenNoun:
        return found(caller(request), kind, SINGLE)

    operation(
        router,
        "GET",
        path,
        needs=Permission.READ,
        name=f"get_{kind}",
        summary=f"Read the {kind.replace('_', ' ')}",
        answers=WrittenNoun,
        refuses=(404,),
    )(read)

    def put(request: HttpRequest, body: dict[str, Any] | None) -> Answer:
        return _put(request, kind, SINGLE, body)

    put.__doc__ = f"Replaced whole. {BY_FILES}"
    operation(
        router,
        "PUT",
        path,
        needs=Permission.MANAGE,
        name=f"put_{kind}",
        summary=f"Change the {kind.replace('_', ' ')}",
        takes=dict[str, Any] | None,
        answers=PutNounAnswer,
        body_schema=KINDS[kind].schema(),
        example=example,
        conditional=True,
        refuses=(201, 409),
    )(put)


def found(asking: Caller, kind: str, key: str) -> WrittenNoun:
    noun = nouns(kind, asking.facts).get(key)
    if noun is None:
        raise Stopped("not-found", f"there is no {kind}.{key}" if key else f"nobody has written {kind} yet")
    return noun


def _put(request: HttpRequest, kind: str, key: str, body: dict[str, Any] | None) -> Answer:
    asking = caller(request)
    there, revision = _before(request, asking, kind, key)
    view = shown(edited(asking, PutNoun(kind, key, body or {}, revision)))
    if there:
        return Answer(view, 200)
    return Answer(view, 201, {"Location": request.path})


def _remove(request: HttpRequest, kind: str, key: str) -> None:
    asking = caller(request)
    _, revision = _before(request, asking, kind, key)
    edited(asking, RemoveNoun(kind, key, revision))


def _before(request: HttpRequest, asking: Caller, kind: str, key: str) -> tuple[bool, int | None]:
    """Whether it is there, and, when there are conditions, the revision at which they held."""
    there = nouns(kind, asking.facts).get(key)
    etag = etags.etag_of(msgspec.json.encode(there)) if there is not None else None
    return there is not None, asking.facts.revision if etags.check(request, etag) else None


def shown(view: NounView) -> PutNounAnswer:
    return PutNounAnswer(view.kind, view.name, Origin(view.origin), view.noun, view.problems)


def edited(asking: Caller, edit: PutNoun | RemoveNoun) -> NounView:
    """Raises Stopped."""
    try:
        answer: NounView = ask(asking, edit)
    except Refused as refused:
        if refused.field == "revision":
            raise Stopped("precondition", "the configuration changed meanwhile; read it again") from None
        if refused.field in ("kind", "name"):
            raise Stopped("invalid", refused.message) from None
        raise of_refused(refused) from None
    return answer
