"""Insights: until the first of them is drawn, an empty room that says what will hang here and what it needs."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tocsin.apps.insights.queries import remembered_since
from tocsin.apps.people.authority import needs
from tocsin.core.roles import Permission


@needs(Permission.READ)
@require_safe
def insights(request: HttpRequest) -> HttpResponse:
    return render(request, "insights/insights.html", {"since": remembered_since()})
