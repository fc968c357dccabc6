"""The first steps on one page, and the default route as a form: the two things that only a newcomer needs."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from tocsin.apps.alerts.models import Alert
from tocsin.apps.configuration import editing, nouns
from tocsin.apps.configuration import forms as ask
from tocsin.apps.configuration.getting_started import tasks
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.authority import needs
from tocsin.config.schema.kinds import SINGLE, Noun
from tocsin.core.configuration import Configuration
from tocsin.core.roles import Permission
from tocsin.core.severity import Severity

GROUP_BY = ("alertname", "service")


class DefaultRouteForm(ask.NounForm):
    kind = "routes"
    covers = ("page", "severity", "chat")

    page = ask.choice("Page by the policy", required=True)
    severity = ask.choice(
        "As bad as", "What an alert is when no route says otherwise. It decides when somebody is woken."
    )
    chat = ask.choice("And tell the chat")

    def ask_about(self, facts: Configuration) -> None:
        ask.choose_one(self.fields["page"], ask.or_none(ask.named(facts.policies), "Choose"))
        said = [(each.value, f"{each.value}: {facts.severities[each].title}") for each in Severity]
        ask.choose_one(self.fields["severity"], said)
        ask.choose_one(self.fields["chat"], ask.or_none(ask.named(facts.chats), "None"))
        if not facts.chats:
            del self.fields["chat"]

    @classmethod
    def initial_of(cls, noun: Noun) -> dict[str, Any]:
        return {"page": noun.page, "severity": noun.severity or Severity.SEV2, "chat": noun.chat}

    def noun(self, before: Any) -> dict[str, Any]:
        """A new tree groups by what broke: without it, all alerts of the house would be one incident."""
        return super().noun(before or {"group_by": list(GROUP_BY)})

    def written(self) -> dict[str, Any]:
        said = self.cleaned_data
        return ask.given(page=said["page"], severity=said["severity"], chat=said.get("chat"))


@needs(Permission.ADMINISTER)
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    found = tasks(facts(), Alert.objects.exists())
    context = {
        "tasks": found,
        "following": next((task for task in found if not task.done), None),
        "done": sum(task.done for task in found),
    }
    return render(request, "configuration/start.html", context)


@needs(Permission.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def default_route(request: HttpRequest) -> HttpResponse:
    configuration = facts()
    kept = nouns.find(configuration, "routes", SINGLE)
    if kept is not None and kept.from_git:
        raise PermissionDenied("The routes come from Git; change them there and apply them.")
    initial = DefaultRouteForm.initial_of(configuration.route)
    form = DefaultRouteForm(configuration, request.POST or None, new=False, initial=initial)
    if request.method == "POST" and form.is_valid():
        if request.POST.get("seen", "") != (kept.seen if kept else ""):
            form.add_error(None, editing.CHANGED_MEANWHILE)
        elif editing.put(request, "routes", SINGLE, form.noun(kept.tree if kept else {}), form) is not None:
            messages.success(request, "The default route is saved.")
            return redirect("configuration-routes" if Alert.objects.exists() else "start")
    context = {
        "form": form,
        "kept": kept,
        "heading": "The default route",
        "hint": "Where an alert goes when no other route takes it. More routes are written as text.",
        "cancel": "/settings/configuration/routes",
    }
    return render(request, editing.FORM, context, status=422 if form.is_bound else 200)
