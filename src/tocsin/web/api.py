"""The REST API put together: one router a subject, one form for all errors, its OpenAPI document and its docs page.

POST /api/v1/requests is not here: it is the command line's door, and the machine process answers it.
"""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from tocsin.apps.alerts.api import router as alerts
from tocsin.apps.api import etags
from tocsin.apps.api.api import router as me
from tocsin.apps.api.docs import docs_page
from tocsin.apps.api.problems import Stopped, Wrong, answered, of_refused, of_status, problem
from tocsin.apps.api.schema import document
from tocsin.apps.audit.api import router as audit
from tocsin.apps.configuration.api import router as configuration
from tocsin.apps.configuration.files_api import router as files
from tocsin.apps.configuration.operational_api import router as operational
from tocsin.apps.incidents.api import router as incidents
from tocsin.apps.oncall.api import router as oncall
from tocsin.apps.oncall.away_api import router as away
from tocsin.apps.oncall.fairness_api import router as fairness
from tocsin.apps.oncall.handoffs_api import router as handoffs
from tocsin.apps.oncall.pay_api import router as pay
from tocsin.apps.oncall.swaps_api import router as swaps
from tocsin.apps.people.api import router as people
from tocsin.apps.people.authority import by_token, public
from tocsin.apps.profile.api import router as feeds
from tocsin.apps.services.api import router as services
from tocsin.apps.webhooks.api import router as webhooks
from tocsin.control.client import NotAnswering
from tocsin.control.requests import Refused

PREFIX = "api/v1/"

api = NinjaAPI(
    title="Tocsin",
    version="1",
    description="Incidents, on-call and everything around them. Errors are `application/problem+json` (RFC 9457).",
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
    parser=Parser(),
    openapi_extra={"info": {"license": {"name": "Apache-2.0"}}},
)
for each in (
    *(incidents, alerts, oncall, away, feeds, fairness, handoffs, swaps, pay, operational, people),
    *(services, configuration, files, webhooks, me, audit),
):
    api.add_router("", each)


@api.exception_handler(Stopped)
def _stopped(request: HttpRequest, stopped: Stopped) -> HttpResponse:
    return answered(stopped)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    return answered(of_refused(refused))


@api.exception_handler(NotAnswering)
def _silent(request: HttpRequest, silent: NotAnswering) -> HttpResponse:
    detail = f"{silent}; whether it was done is not known. The same Idempotency-Key tries again."
    return problem("unavailable", detail, headers={"Retry-After": "2"})


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    wrong = tuple(
        Wrong(str(each["msg"]).removeprefix("Value error, "), parameter=str(each["loc"][-1]))
        for each in error.errors
    )
    return problem("invalid", "; ".join(f"{each.parameter}: {each.detail}" for each in wrong), wrong)


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return of_status(error.status_code, str(error))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem("not-found", "there is nothing here")


@cache
def openapi() -> dict[str, Any]:
    return document(api, PREFIX)


@cache
def _openapi_body() -> bytes:
    return msgspec.json.encode(openapi())


@public
def openapi_json(request: HttpRequest) -> HttpResponse:
    """For tools. It says nothing about this installation but its version."""
    if request.method not in ("GET", "HEAD"):
        return problem("method", "expected GET", headers={"Allow": "GET, HEAD"})
    body = _openapi_body()
    etag = etags.etag_of(body)
    if etags.is_known(request, etag):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type="application/json")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache"
    return response


@public
def docs(request: HttpRequest) -> HttpResponse:
    return docs_page(request, openapi())


@by_token
def nothing(request: HttpRequest) -> HttpResponse:
    return problem("not-found", "the API has no such address; /api/docs lists them all")


nothing.csrf_exempt = True  # type: ignore[attr-defined]


def _told_as_problem(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """What ninja answers by itself, in the API's one form."""

    @wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if response.status_code == 405:
            allow = response.headers.get("Allow", "")
            return problem("method", f"this address takes {allow}", headers={"Allow": allow})
        return response

    return by_token(told)


def _patterns() -> list[URLPattern]:
    """Ninja's addresses, each view marked for who may call it."""
    found: dict[str, URLPattern] = {}
    for pattern in api.urls[0]:
        assert isinstance(pattern, URLPattern)
        if (
            pattern.name != "api-root" and str(pattern.pattern) not in found
        ):  # one an address, whatever its methods
            pattern.callback = _told_as_problem(pattern.callback)
            found[str(pattern.pattern)] = pattern
    return list(found.values())


urlpatterns = [
    path("api/docs", docs, name="api-docs"),
    path(f"{PREFIX}openapi.json", openapi_json, name="openapi"),
    *(
        path(PREFIX + str(pattern.pattern), pattern.callback, name=f"api-{pattern.name}")
        for pattern in _patterns()
    ),
    re_path(r"^api(?:/.*)?$", nothing, name="api-nothing"),
]
