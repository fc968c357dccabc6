"""The document and its page: complete, honest about the house's rules, and readable without a script."""

from html.parser import HTMLParser

from django.test import Client

from tests.scenarios.house import House
from tocsin.apps.api.operations import OPERATIONS
from tocsin.web.api import openapi


def test_the_document_is_openapi_3_1_and_says_everything() -> None:
    told = openapi()
    assert told["openapi"].startswith("3.1")
    operations = [details for path in told["paths"].values() for details in path.values()]
    assert {each["operationId"] for each in operations} == set(OPERATIONS)
    for each in operations:
        assert each["summary"] and each["tags"] and each["x-permission"]
        assert "401" in each["responses"] and "422" in each["responses"]
        if "requestBody" in each:
            assert each["requestBody"]["content"]["application/json"]["examples"], each["operationId"]


def test_every_reference_of_the_document_leads_somewhere() -> None:
    told = openapi()

    def walk(tree: object) -> None:
        if isinstance(tree, dict):
            if isinstance(tree.get("$ref"), str):
                found: object = told
                for step in tree["$ref"].removeprefix("#/").split("/"):
                    assert isinstance(found, dict) and step in found, tree["$ref"]
                    found = found[step]
            for value in tree.values():
                walk(value)
        elif isinstance(tree, list):
            for value in tree:
                walk(value)

    walk(told)


class _Scripts(HTMLParser):
    found: list[str]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = dict(attributes)
        if tag == "script" and not told.get("src"):
            self.found.append("inline script")
        self.found += [name for name in told if name.startswith("on") or name == "style"]
        self.found += [str(value) for name, value in attributes if name == "src" and "//" in str(value)]


def test_the_page_shows_every_operation_to_anybody_without_script_or_strangers(
    stranger: Client, browser: Client, house: House
) -> None:
    for client in (stranger, browser):
        shown = client.get("/api/docs")
        assert shown.status_code == 200
        text = shown.content.decode()
        assert all(f'id="{name}"' in text for name in OPERATIONS)
        scripts = _Scripts()
        scripts.found = []
        scripts.feed(text)
        assert scripts.found == []


def test_the_document_is_served_with_its_etag(stranger: Client) -> None:
    told = stranger.get("/api/v1/openapi.json")
    assert told.status_code == 200 and told.json()["openapi"] == "3.1.0"
    assert stranger.get("/api/v1/openapi.json", HTTP_IF_NONE_MATCH=told["ETag"]).status_code == 304
