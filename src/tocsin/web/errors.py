"""Pages for what went wrong, in the house's style. They ask neither database nor session: those may be what failed."""

import logging

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tocsin.apps.api.problems import of_status

API = "/api/v1/"
log = logging.getLogger(__name__)


def _page(status: int, title: str, text: str, *, again: bool = False) -> HttpResponse:
    said = {"status": status, "title": title, "text": text, "again": again}
    return HttpResponse(render_to_string("web/error.html", said), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API):
        return of_status(400, "the request cannot be read")
    return _page(400, "That request makes no sense here", "The browser sent something this page cannot read.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(403, "Not for you", "Your account may not see this page. An administrator's may.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    log.warning("a form was refused: %s", reason)
    return _page(
        403,
        "This form was not taken",
        "It did not come from a page of this Tocsin that is still fresh. Go back, reload that page and press the button "
        "again. If it happens every time, the proxy in front may change the Host or hide https: set TOCSIN_PUBLIC_URL to "
        "the address that people type.",
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    said = str(exception.args[0]) if exception.args and isinstance(exception.args[0], str) else ""
    return _page(404, "Nothing is here", said or "The address may be mistyped, or what it named is gone.")


def too_many(seconds: int) -> HttpResponse:
    response = _page(
        429,
        "Too many requests",
        "Too much came from this network address in a short time. Wait a little, then try again.",
    )
    response.headers["Retry-After"] = str(max(1, seconds))
    return response


def broken(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(API):
        return of_status(500, "the failure is in the server's log")
    return _page(
        500,
        "This page failed",
        "The failure is in the server's log. Alerts are still taken and people are still paged: another process does that.",
        again=True,
    )


def unavailable(request: HttpRequest) -> HttpResponse:
    response = (
        of_status(503, "the database does not answer")
        if request.path.startswith(API)
        else _unavailable_page()
    )
    response.headers["Retry-After"] = "5"
    return response


def _unavailable_page() -> HttpResponse:
    return _page(
        503,
        "The database does not answer",
        "This page needs it. What had been decided before is kept; the machine process goes on by itself as soon as it can.",
        again=True,
    )
