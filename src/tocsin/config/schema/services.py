"""Services, integrations, heartbeats, the dead man's switch and the house-wide settings in their written form."""

from tocsin.config.forms import Labels, Many, Reference
from tocsin.config.records import Field, Record
from tocsin.config.schema.people import CHAT, PERSON, TEAM
from tocsin.config.schema.routing import POLICY, SERVICE
from tocsin.config.secrets import SecretValue
from tocsin.config.values import DURATION, LASTING, TEXT, TIME, URL, Matchers
from tocsin.core.configuration import DeadMansSwitch, Defaults, Heartbeat, Integration, Service

SOURCE = Reference("sources", "type of integration")

SERVICES = Record(
    Service,
    Field("name", TEXT),
    Field("team", TEAM),
    Field("policy", POLICY),
    Field("depends_on", Many(SERVICE, one=True)),
    Field("runbook_url", URL),
    named="key",
)

INTEGRATIONS = Record(
    Integration,
    Field("type", SOURCE, required=True),
    Field("key", SecretValue(), "secret", required=True),
    Field("service", SERVICE),
    Field("labels", Labels()),
    named="key",
)

HEARTBEATS = Record(
    Heartbeat,
    Field("every", LASTING, required=True),
    Field("grace", DURATION),
    Field("matchers", Matchers()),
    Field("key", SecretValue(), "ping_key"),
    Field("labels", Labels()),
    named="key",
)

DEAD_MANS_SWITCH = Record(
    DeadMansSwitch,
    Field("url", SecretValue(), required=True),
    Field("every", LASTING),
)

DEFAULTS = Record(
    Defaults,
    Field("base_url", URL),
    Field("admins", Many(PERSON, one=True)),
    Field("admin_chat", CHAT),
    Field("flap_window", DURATION),
    Field("close_after", LASTING),
    Field("handoff_reminder", TIME),
)
