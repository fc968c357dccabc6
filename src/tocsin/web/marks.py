"""The words of the templates: icons, badges, times, and text from strangers made safe to show.

Everything here escapes what it is given; a template that needs `safe` is wrong.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from html import escape
from urllib.parse import quote_plus, urlencode

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide

from tocsin.channels import plain
from tocsin.core.configuration import Configuration
from tocsin.core.detect.matchers import format_name, quote
from tocsin.core.reasons import EXPLANATIONS, Reason

register = template.Library()

STATE_ICONS = {
    "detected": "bell-ring",
    "acknowledged": "user-check",
    "mitigated": "shield-check",
    "resolved": "circle-check",
    "closed": "archive",
    "snoozed": "moon",
    "firing": "flame",
    "source_silent": "unplug",
    "waiting": "clock",
    "sent": "check",
    "failed": "circle-x",
    "dropped": "circle-slash",
}
NAMES = {"source_silent": "source silent"}
LONGEST_WORD = 60
LONGEST_ASKED = 400  # characters of a label's value in an address


# --- icons and badges ------------------------------------------------------------------------------------------------


@register.simple_tag
@cache
def icon(name: str, size: int = 18) -> SafeString:
    """A Lucide icon, drawn for the eye alone: what it means stands beside it in words."""
    drawn = lucide(name, size=size, aria_hidden="true", focusable="false")
    assert isinstance(drawn, SafeString)
    return drawn


@register.simple_tag
def severity(name: str) -> SafeString:
    return format_html('<span class="severity severity-{}">{}</span>', str(name).lower(), str(name))


@register.simple_tag
def state(name: str) -> SafeString:
    """Of an incident, an alert or a notification."""
    drawn = icon(STATE_ICONS.get(name, "circle-dot"), 14)
    return format_html('<span class="state state-{}">{}{}</span>', name, drawn, NAMES.get(name, name))


@register.simple_tag
def reason(name: str) -> SafeString:
    """A reason's name as a chip, with its sentence for whoever wonders."""
    known = Reason(name) if name in Reason.__members__.values() else None
    sentence = EXPLANATIONS[known] if known is not None else ""
    return format_html('<span class="chip" title="{}">{}</span>', sentence, str(name).replace("_", " "))


@register.simple_tag
def origin(name: str, where: str = "") -> SafeString:
    """Where a noun is kept: `git` (read-only here; `where` is its file) or `people` (made on screen)."""
    if str(name) == "git":
        return format_html(
            '<span class="origin origin-git" title="Kept in Git; changed there and applied">{}<bdi>{}</bdi></span>',
            icon("git-branch", 13),
            f"Git: {plain.line(where, 120)}" if where else "Git",
        )
    return format_html(
        '<span class="origin origin-people" title="Made here, and changed here">{}on screen</span>',
        icon("pencil", 13),
    )


# --- text from strangers ---------------------------------------------------------------------------------------------


@register.filter
def named(text: object, limit: int = 200) -> SafeString:
    """One line by somebody else: cut, without control characters, its reading direction kept to itself."""
    return format_html("<bdi>{}</bdi>", plain.line(str(text), int(limit)))


@register.filter
def one_line(text: object, limit: int = 200) -> str:
    """The same for attributes and titles, where no element can keep the direction."""
    return plain.line(str(text), int(limit))


@register.filter
def prose(text: object, limit: int = 4000) -> SafeString:
    """Several lines by somebody else."""
    return format_html("<bdi>{}</bdi>", plain.body(str(text), int(limit)))


@register.filter
def web_link(url: object) -> str:
    """The address if it is an http or https one, else ""."""
    return plain.web_url(str(url))


@register.filter
def pairs(labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """Labels by name. Templates never look into labels themselves: one may be called `items`."""
    return sorted(labels.items())


@register.filter
def label(labels: Mapping[str, str], name: str) -> str:
    return labels.get(name, "")


@register.simple_tag
def asks(**said: object) -> SafeString:
    """The query of an address, of what is not empty: `{% asks state="all" service=incident.service %}`."""
    return conditional_escape(
        urlencode({name: value for name, value in said.items() if value not in ("", None)})
    )


@register.simple_tag(takes_context=True)
def label_list(context: Context, pairs: Sequence[tuple[str, str]], of: str = "alerts") -> SafeString:
    """Labels, their values leading to the list `of` which asks for them, as far as the reader may. Drawn here and not by
    a template, because a page shows hundreds."""
    items = []
    linked = of == "incidents" or bool(context.get("may_read"))
    base, said, title = _LEADING_TO[of]
    for name, value in pairs:
        shown = escape(plain.line(value))
        if linked:
            address = escape(f"{base}?{_query_of_label(name, value, said)}")
            shown = f'<a href="{address}" title="{title}"><bdi>{shown}</bdi></a>'
        else:
            shown = f"<bdi>{shown}</bdi>"
        items.append(f'<li class="label"><bdi>{escape(plain.line(name, 80))}</bdi>{shown}</li>')
    return SafeString(f'<ul class="labels">{"".join(items)}</ul>')


_LEADING_TO = {
    "alerts": ("/alerts", "status=all", "Alerts with this label"),
    "incidents": ("/incidents", "state=all", "Incidents with this label"),
}


def _query_of_label(name: str, value: str, said: str) -> str:
    """A value too long for an address is not asked for whole."""
    if len(name) > LONGEST_ASKED:
        return said
    wanted = f"={quote(value)}" if len(value) <= LONGEST_ASKED else '!=""'
    matcher = quote_plus(format_name(name) + wanted, errors="replace")
    return f"{said}&label={matcher}"


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.simple_tag
def person(key: str, facts: Configuration) -> SafeString:
    """A person's name; the key on hover. Who is not in the configuration is called what they are."""
    known = facts.people.get(key or "")
    shown = known.name if known is not None and known.name else key
    return format_html('<bdi title="{}">{}</bdi>', plain.line(str(key)), plain.line(str(shown), LONGEST_WORD))


# --- times -----------------------------------------------------------------------------------------------------------


@register.simple_tag
def at(instant: datetime | None, form: str = "") -> SafeString:
    """In the reader's zone; the absolute instant in UTC on hover. `form`: "" (date when not today), seconds, day, full."""
    if instant is None:
        return SafeString("")
    return _time(instant, _local(instant, form))


@register.simple_tag
def ago(instant: datetime | None) -> SafeString:
    """`12 min ago`, `in 3 h`."""
    if instant is None:
        return SafeString("")
    passed = timezone.now() - instant
    if passed < timedelta(0):
        return _time(instant, f"in {span(-passed)}")
    return _time(instant, f"{span(passed)} ago" if passed >= timedelta(minutes=1) else "just now")


@register.filter
def span(length: timedelta) -> str:
    """`40 s`, `12 min`, `3 h 5 min`, `2 d 4 h`: the two largest units."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60 % 60, seconds // 3600 % 24, seconds // 86400
    if days:
        return f"{days} d {hours} h" if hours and days < 10 else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def _time(instant: datetime, text: str) -> SafeString:
    utc = instant.astimezone(timezone.get_default_timezone())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        text,
    )


def _local(instant: datetime, form: str) -> str:
    here = timezone.localtime(instant)
    today = timezone.localtime()
    clock = here.strftime("%H:%M:%S" if form == "seconds" else "%H:%M")
    day = f"{here.day} {here:%b}" + ("" if here.year == today.year else f" {here.year}")
    if form == "day":
        return day
    if form == "full":
        return f"{here:%a} {day}, {clock}"
    if here.date() == today.date():
        return clock
    return f"{here:%a} {clock}" if timedelta(0) < here - today < timedelta(days=6) else f"{day}, {clock}"
