"""What holds for every answer: headers that browsers enforce, honest schemes, a page when the database is away."""

import logging
import math
import os
from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone

from tocsin.apps.audit.whence import coming_from
from tocsin.apps.people import sessions
from tocsin.apps.people.authority import check, is_public
from tocsin.apps.people.reader import reader_of
from tocsin.apps.public_url import is_https_here
from tocsin.control.limits import Limit, Rate
from tocsin.web.errors import too_many, unavailable
from tocsin.web.policy import STRICT_TRANSPORT, headers

Answer = Callable[[HttpRequest], HttpResponseBase]
log = logging.getLogger(__name__)

PUBLIC = Rate(burst=120, every=1.0)  # an office behind one address signs in at the same time


class Trust:
    """Outermost: whose address the request has, and what browsers are told."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._headers = headers(os.environ.get("TOCSIN_OIDC_ISSUER", ""))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # The machine process says where the request came from; the socket's own peer is always that process.
        address = request.META["REMOTE_ADDR"] = request.META.get("HTTP_X_FORWARDED_FOR", "")[:64]
        with coming_from(address, request.path):
            response = self._answer(request)
        for name, value in self._headers.items():
            response.headers.setdefault(name, value)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        if request.is_secure():
            response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response


class PublicScheme:
    """Behind a proxy that ends the encryption the request looks like http; forms and cookies must know that it is not."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_https_here(request.META.get("HTTP_HOST", "")):
            request.META["HTTP_X_FORWARDED_PROTO"] = "https"
        return self._answer(request)


class Unavailable:
    """A database that does not answer is a page that says so, not a crash."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self._answer(request)
        except (OperationalError, InterfaceError) as error:
            return self._say(request, error)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return self._say(request, error) if isinstance(error, (OperationalError, InterfaceError)) else None

    def _say(self, request: HttpRequest, error: Exception) -> HttpResponse:
        log.error("the database does not answer: %s", error)
        return unavailable(request)


class SignedIn(LoginRequiredMiddleware):
    """Every page but those that say otherwise. A button pressed too late leads back to its page, not to itself."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        came_from = urlsplit(request.META.get("HTTP_REFERER", ""))
        return redirect_to_login(came_from.path if came_from.netloc == request.get_host() else "/")


class PublicLimits:
    """Whoever is not signed in may ask for sign-in, links that are their own proof and the like so often and no more."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._limit = Limit(PUBLIC)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._answer(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], *_: object
    ) -> HttpResponseBase | None:
        if not is_public(view) or reader_of(request).account is not None:
            return None
        wait = self._limit.take(request.META["REMOTE_ADDR"])
        return too_many(math.ceil(wait)) if wait else None


class Authority:
    """A view is called only for whoever may what it needs."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._answer(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], *_: object
    ) -> HttpResponseBase | None:
        check(request, view, reader_of(request).grants)
        return None


class Reader:
    """Innermost: times in the reader's zone, and a session that lasts as long as it is used."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        reader = reader_of(request)
        if reader.account is not None:
            sessions.note(request)
        with timezone.override(reader.zone):
            return self._answer(request)
