"""The settings: a card for each room in which something can be changed or looked up, as far as the reader may go there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.core.roles import Permission
from tocsin.web.rooms import settings_at


@needs(Permission.OWN)
@require_safe
def settings_room(request: HttpRequest) -> HttpResponse:
    return render(request, "web/settings.html", {"groups": settings_at(reader_of(request).grants)})
