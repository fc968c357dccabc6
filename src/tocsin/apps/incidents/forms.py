"""What a person says who reports a problem."""

from typing import Any

from django import forms

from tocsin.control.reporting import LONGEST_SUMMARY, LONGEST_TITLE
from tocsin.control.requests import OpenIncident
from tocsin.core.configuration import Configuration
from tocsin.core.severity import Severity


class ReportForm(forms.Form):
    """The severity is chosen beside its written criteria, so the page draws that field itself."""

    title = forms.CharField(
        label="What is wrong",
        max_length=LONGEST_TITLE,
        help_text="In a few words: this is what a pager shows.",
        error_messages={"required": "Say in a few words what is wrong."},
    )
    severity = forms.ChoiceField(
        choices=[(severity.value, severity.value) for severity in Severity],
        error_messages={"required": "Choose how bad it is.", "invalid_choice": "Choose how bad it is."},
    )
    service = forms.ChoiceField(required=False, help_text="Its policy says who is paged.")
    summary = forms.CharField(
        label="What users see",
        required=False,
        max_length=LONGEST_SUMMARY,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Since when, how many, what they cannot do.",
    )
    policy = forms.ChoiceField(
        label="Whom to page", required=False, help_text="Only when it should not be the service's own."
    )

    def __init__(self, said: Any, *, facts: Configuration, service: str = "", policy: str = "") -> None:
        super().__init__(said, auto_id="report-%s")
        services = sorted((s.name or key, key) for key, s in facts.services.items())
        self._offer("service", [("", "I do not know"), *((key, name[:80]) for name, key in services)])
        self._offer(
            "policy", [("", "The service's policy"), *((key, key[:80]) for key in sorted(facts.policies))]
        )
        self.fields["service"].initial = service if service in facts.services else ""
        self.fields["policy"].initial = policy if policy in facts.policies else ""

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def request(self) -> OpenIncident:
        said = self.cleaned_data
        return OpenIncident(
            title=said["title"],
            severity=Severity(said["severity"]),
            service=said["service"] or None,
            policy=said["policy"] or None,
            summary=said["summary"],
        )
