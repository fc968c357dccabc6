"""What people fill in to subscribe. Deep checks are the configuration's own; here is only what a form must have."""

from typing import Any

from django import forms

from tocsin.apps.webhooks import actions
from tocsin.config.secrets import address_is_secret
from tocsin.core.configuration import Configuration
from tocsin.core.severity import Severity
from tocsin.core.webhooks import EVENTS, Webhook


def _few() -> forms.SelectMultiple:
    return forms.SelectMultiple(attrs={"size": 5})


class WebhookForm(forms.Form):
    """`made` is the subscription that is changed; None makes one."""

    name = forms.CharField(
        max_length=64,
        help_text="Letters, digits and - _ . It stands in the page's address and in the log.",
    )
    url = forms.CharField(
        label="URL",
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": "https://hooks.example.com/tocsin", "inputmode": "url"}),
        help_text="Events are posted here as JSON. It must be on the public network, unless the operator allows it.",
    )
    events = forms.MultipleChoiceField(required=False)
    severities = forms.MultipleChoiceField(required=False)
    teams = forms.MultipleChoiceField(
        required=False, widget=_few(), help_text="None chosen: every team's incidents."
    )
    services = forms.MultipleChoiceField(
        required=False, widget=_few(), help_text="None chosen: every service's incidents."
    )

    def __init__(self, facts: Configuration, made: Webhook | None = None, data: Any = None) -> None:
        super().__init__(data, initial=_initial(made) if made else None)
        self.made = made
        self._choose("events", list(EVENTS))
        self._choose("severities", [severity.value for severity in Severity])
        self._choose("teams", sorted({*facts.teams, *(made.teams if made else ())}))
        self._choose("services", sorted({*facts.services, *(made.services if made else ())}))
        if made is not None:
            del self.fields["name"]
            if not self.initial["url"]:
                self.fields["url"].required = False
                self.fields[
                    "url"
                ].help_text = "The URL holds a secret and is not shown. Left empty, it stays."

    def _choose(self, field: str, names: list[str]) -> None:
        self.fields[field].choices = [(name, name) for name in names]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if not actions.may_be_called(name):
            raise forms.ValidationError("Choose another name.")
        return name

    def chosen(self, field: str) -> list[str]:
        """What is ticked, for the template."""
        given = self[field].value()
        return [str(each) for each in given] if isinstance(given, list | tuple) else []

    @property
    def events_chosen(self) -> list[str]:
        return self.chosen("events")

    @property
    def severities_chosen(self) -> list[str]:
        return self.chosen("severities")


def _initial(made: Webhook) -> dict[str, Any]:
    shown = isinstance(made.url, str) and not address_is_secret("webhook", made.url)
    return {
        "url": made.url if shown else "",
        "events": list(made.events),
        "severities": [severity.value for severity in made.severities],
        "teams": list(made.teams),
        "services": list(made.services),
    }
