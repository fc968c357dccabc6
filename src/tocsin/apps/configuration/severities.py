"""The four severities: what each decides, and a form to decide otherwise. What equals the default is not written."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from tocsin.apps.configuration import editing, nouns
from tocsin.apps.configuration import forms as ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.authority import needs
from tocsin.config.schema.kinds import Noun
from tocsin.core.instants import format_duration
from tocsin.core.roles import Permission
from tocsin.core.severity import DEFAULT_SEVERITIES, PageWhen, Severity, SeverityRule, Urgency

PAGED = {
    PageWhen.AT_ONCE: "at once",
    PageWhen.BUSINESS_HOURS: "in the team's business hours",
    PageWhen.NEVER: "never",
}
LOUD = {Urgency.HIGH: "high: rings through quiet hours", Urgency.LOW: "low: waits for quiet hours to end"}
LENGTHS = ("ack_target", "ack_timeout", "reopen_after", "update_every")
NONE_DEMANDED = "none"


class SeverityForm(ask.NounForm):
    kind = "severities"
    covers = (
        "title", "criteria", "urgency", "page", "repeats_last_resort", "postmortem", *LENGTHS,
    )  # fmt: skip

    title = ask.text("In a word", required=True)
    criteria = ask.text("When it is that", "What a person tells it by.", required=True)
    page = ask.choice("Somebody is paged", required=True)
    urgency = ask.choice("Urgency", "Which of a person's notification rules hold.", required=True)
    ack_target = ask.text("Acknowledge within", "For example 5m. Measured and reported. none: not demanded.")
    ack_timeout = ask.text(
        "Ask again after",
        "Acknowledged and silent that long: the owner is asked, then it escalates. none: never.",
    )
    reopen_after = ask.text(
        "Reopen after",
        "Resolved by a person, and still firing that much later: it opens again.",
        required=True,
    )
    repeats_last_resort = forms.BooleanField(
        label="When nobody answered, page the last resort every 15 minutes", required=False
    )
    update_every = ask.text(
        "Update every", "How often its status should be told, for example 30m. none: not demanded."
    )
    postmortem = ask.text("Postmortem", "For example within 48 h, optional, or no.", required=True)

    def ask_about(self, facts: Any) -> None:
        ask.choose_one(self.fields["page"], [(when.value, words) for when, words in PAGED.items()])
        ask.choose_one(self.fields["urgency"], [(urgency.value, words) for urgency, words in LOUD.items()])

    @classmethod
    def initial_of(cls, noun: Noun) -> dict[str, Any]:
        lengths = {name: getattr(noun, name) for name in LENGTHS}
        return {
            **{name: getattr(noun, name) for name in cls.covers if name not in LENGTHS},
            **{name: NONE_DEMANDED if at is None else format_duration(at) for name, at in lengths.items()},
        }

    def written(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            **{name: said[name] for name in self.covers if name not in LENGTHS},
            **{name: said[name].strip() or NONE_DEMANDED for name in LENGTHS},
        }


@needs(Permission.READ)
@require_safe
def severities(request: HttpRequest) -> HttpResponse:
    configuration, origins = facts(), nouns.origins(["severities"])
    context = {
        "severities": [
            (rule, PAGED[rule.page], origins.get(("severities", name.value), ""))
            for name, rule in sorted(configuration.severities.items())
        ],
        "may_change": nouns.may_make(request, "severities"),
    }
    return render(request, "configuration/severities.html", context)


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, name: str) -> HttpResponse:
    """It need not be written yet: then its form shows the default."""
    if name not in Severity.__members__:
        raise Http404(f"There is no severity {name!r}.")
    configuration = facts()
    kept = nouns.find(configuration, "severities", name)
    editing.refuse_who_may_not(
        nouns.may_change(request, configuration, "severities", name),
        kept or nouns.Kept("severities", name, None, {}, "people", "", nouns.NEVER, ""),
    )
    rule: SeverityRule = kept.noun if kept else DEFAULT_SEVERITIES[Severity(name)]
    form = SeverityForm(configuration, request.POST or None, new=False, initial=SeverityForm.initial_of(rule))
    if request.method == "POST" and form.is_valid():
        if request.POST.get("seen", "") != (kept.seen if kept else ""):
            form.add_error(None, editing.CHANGED_MEANWHILE)
        elif editing.put(request, "severities", name, form.noun({}), form) is not None:
            messages.success(request, f"{name} is saved.")
            return redirect("severities")
    context = {
        "form": form,
        "kept": kept,
        "name": name,
        "heading": f"Change {name}",
        "cancel": reverse("severities"),
    }
    return render(request, "configuration/severity.html", context, status=422 if form.is_bound else 200)
