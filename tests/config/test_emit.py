"""What is emitted reads back as what it was."""

import pytest

from tocsin.config import emit
from tocsin.config.answers import ConfigFile
from tocsin.config.document import plain, read


@pytest.mark.parametrize(
    "text", ["@x", "@", "%x", "`x", "a: b", "- a", "#x", "x #y", "09:00", "no", " x", "*x", "&x", "a@b"]
)
def test_a_text_that_begins_like_a_token_is_quoted(text: str) -> None:
    written = emit.document({"people": {text: {"name": text}}})
    assert plain(read(ConfigFile("tocsin.yaml", written))) == {"people": {text: {"name": text}}}
