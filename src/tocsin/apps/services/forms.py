"""What is asked about a service."""

from typing import Any

from tocsin.apps.configuration import forms as ask
from tocsin.config.schema.kinds import Noun
from tocsin.core.configuration import Configuration


class ServiceForm(ask.NounForm):
    kind = "services"
    covers = ("name", "team", "policy", "depends_on", "runbook_url")
    at = {"name": "title"}

    title = ask.title("Name", "Task API")
    team = ask.choice("Owner", "The team whose it is. Its managers may change this service.")
    policy = ask.choice("Escalation policy", "Whom a person's report about it pages.")
    depends_on = ask.several("Depends on", "What breaks it when it breaks.")
    runbook_url = ask.text("Runbook", "Where the first step is written.", type="url", inputmode="url")

    def ask_about(self, facts: Configuration) -> None:
        ask.choose_one(self.fields["team"], ask.or_none(ask.named(facts.teams), "Nobody"))
        ask.choose_one(self.fields["policy"], ask.or_none(ask.named(facts.policies), "None"))
        others = {key: each for key, each in facts.services.items() if key != self.initial.get("key")}
        ask.choose_several(self.fields["depends_on"], ask.named(others))
        if not others:
            del self.fields["depends_on"]

    @classmethod
    def initial_of(cls, noun: Noun) -> dict[str, Any]:
        return {
            "key": noun.key,
            "title": noun.name,
            "team": noun.team,
            "policy": noun.policy,
            "depends_on": noun.depends_on,
            "runbook_url": noun.runbook_url,
        }

    def written(self) -> dict[str, Any]:
        said = self.cleaned_data
        return ask.given(
            name=said["title"],
            team=said["team"],
            policy=said["policy"],
            depends_on=said.get("depends_on", []),
            runbook_url=said["runbook_url"],
        )
