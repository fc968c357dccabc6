"""All schedules in a list, and the removal of one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from tocsin.apps.configuration import editing, forms, nouns
from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall import queries
from tocsin.apps.people.authority import needs
from tocsin.core.roles import Permission

PAGE = editing.Page("schedules", forms.NounForm, "schedule", "schedules")


@needs(Permission.READ)
@require_safe
def schedules(request: HttpRequest) -> HttpResponse:
    configuration = facts()
    context = {
        "views": queries.now_and_next(configuration, timezone.now()),
        "origins": {name: origin for (_, name), origin in nouns.origins(["schedules"]).items()},
        "may_make": nouns.may_make(request, "schedules"),
        "facts": configuration,
    }
    return render(request, "oncall/schedules.html", context)


@needs(Permission.MANAGE)
@require_POST
def remove(request: HttpRequest, key: str) -> HttpResponse:
    return editing.remove(request, PAGE, key)
