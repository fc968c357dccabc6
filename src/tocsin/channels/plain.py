"""Text from strangers, made safe to show: alert labels and annotations are written by whoever can send an alert.

What must never reach a reader: control characters (terminal escapes, header breaks), characters that turn the reading
direction around, megabytes, and links that are not web links. Escaping for HTML, Slack or Markdown is the channel's own.
"""

import re

# C0 and C1 controls but tab and newline; embeddings, overrides and isolates of direction; invisible joiners, the byte order
# mark; lone surrogates, which no encoding can carry. LRM and RLM stay: honest right-to-left text needs them.
_HOSTILE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_BREAKS = re.compile("\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_SPACES = re.compile(r"\s+")
_NOT_IN_A_URL = re.compile(r"[\s\x00-\x20\x7f\"'<>\\^`{|}]")

LONGEST_URL = 2000  # more breaks mail clients and Slack's limit of 3,000


def line(text: str, limit: int = 200) -> str:
    """One line of at most `limit` characters; what is cut ends in an ellipsis."""
    cut = text[: limit * 4]  # megabytes are not worth cleaning
    cleaned = _SPACES.sub(" ", _HOSTILE.sub("", _BREAKS.sub(" ", cut))).strip()
    if len(cleaned) <= limit and len(cut) == len(text):
        return cleaned
    return cleaned[: limit - 1].rstrip() + "…"


def body(text: str, limit: int = 10_000) -> str:
    """Several lines of at most `limit` characters, then a notice that says how much is missing."""
    cut = _HOSTILE.sub("", _BREAKS.sub("\n", text[:limit])).strip()
    return cut if len(text) <= limit else f"{cut}\n{_notice(len(text) - limit)}"


def within_bytes(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, the notice included; never half a character. `text` is clean already."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    room = limit - len(_notice(len(text)).encode()) - 1
    kept = encoded[: max(room, 0)].decode(errors="ignore").rstrip()
    return f"{kept}\n{_notice(len(text) - len(kept))}"


def _notice(missing: int) -> str:
    return f"[… {missing:,} more characters: open the incident to read all of it]"


def web_url(text: str) -> str:
    """The text when it is a plain http or https link, else "": `javascript:` and the like never become a link."""
    url = text.strip()
    if (
        len(url) > LONGEST_URL
        or not url.lower().startswith(("http://", "https://"))
        or _NOT_IN_A_URL.search(url)
    ):
        return ""
    return url


def host_of(url: str) -> str:
    """Host and port of a URL for an error message: paths and passwords are secrets."""
    return line(url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition("?")[0], 100)
