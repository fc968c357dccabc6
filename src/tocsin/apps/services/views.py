"""Services: what breaks, whose it is, what it needs and what needs it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.configuration import editing, nouns
from tocsin.apps.configuration.queries import facts
from tocsin.apps.incidents.wording import rows
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.apps.services import queries
from tocsin.apps.services.forms import ServiceForm
from tocsin.core.roles import Permission

PAGE = editing.Page(
    "services",
    ServiceForm,
    "service",
    "services",
    hint="A service is what breaks. Incidents name it, a team owns it, its policy says who is paged.",
)


@needs(Permission.READ)
@require_safe
def services(request: HttpRequest) -> HttpResponse:
    configuration, opened = facts(), queries.open_by_service()
    origins = nouns.origins(["services"])
    listed = [
        (each, opened.get(key, queries.Open()), origins.get(("services", key), ""))
        for key, each in sorted(configuration.services.items())
    ]
    listed.sort(key=lambda row: (row[1].worst or "z", row[0].key))  # what is broken stands first
    context = {
        "services": listed,
        "facts": configuration,
        "may_make": nouns.may_make(request, "services"),
    }
    return render(request, "services/list.html", context)


@needs(Permission.READ)
@require_safe
def service(request: HttpRequest, key: str) -> HttpResponse:
    configuration = facts()
    kept = nouns.found(configuration, "services", key)
    reader = reader_of(request)
    context = {
        "service": kept.noun,
        "kept": kept,
        "may_change": nouns.may_change(request, configuration, "services", key) and not kept.from_git,
        "incidents": rows(queries.latest_of(key), configuration, reader.name),
        "integrations": queries.integrations_of(key, configuration),
        "needed_by": queries.depending_on(key, configuration),
        "facts": configuration,
    }
    return render(request, "services/show.html", context)


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    return editing.make(request, PAGE)


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    return editing.change(request, PAGE, key)


@needs(Permission.MANAGE)
@require_POST
def remove(request: HttpRequest, key: str) -> HttpResponse:
    return editing.remove(request, PAGE, key)
