"""Incidents found by words, severity, team, alertname and group, in the same time among a thousand and among a million."""

import msgspec
import xxhash
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import tocsin.apps.columns
from tocsin.apps.incidents.words import CREATE

BATCH = 1_000


class _Known(msgspec.Struct):
    """What of a stored incident this migration reads."""

    labels: dict[str, str] = {}
    group: str = ""


def fill(apps: Apps, schema: BaseDatabaseSchemaEditor) -> None:
    incidents = apps.get_model("incidents", "Incident").objects.using(schema.connection.alias)
    read = msgspec.json.Decoder(_Known).decode
    last = 0
    while batch := list(incidents.filter(id__gt=last).order_by("id").only("id", "document")[:BATCH]):
        for incident in batch:
            try:
                known = read(incident.document)
            except msgspec.DecodeError:
                continue  # what no version can read is shown nowhere either
            name = known.labels.get("alertname", "").replace("\0", "\N{REPLACEMENT CHARACTER}")
            incident.alertname = name[:200] or None
            incident.alike = xxhash.xxh3_64_hexdigest(known.group.encode()) if known.group else None
        incidents.bulk_update(batch, ["alertname", "alike"], batch_size=200)
        last = batch[-1].id


def index_words(apps: Apps, schema: BaseDatabaseSchemaEditor) -> None:
    for statement in CREATE[schema.connection.vendor]:
        schema.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_begin")]

    operations = [
        migrations.AddField(
            "Incident", "alertname", tocsin.apps.columns.OptionalKeyField(blank=True, null=True)
        ),
        migrations.AddField("Incident", "alike", tocsin.apps.columns.OptionalKeyField(blank=True, null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex("Incident", models.Index(fields=["severity", "id"], name="incident_severity")),
        migrations.AddIndex("Incident", models.Index(fields=["team", "id"], name="incident_team")),
        migrations.AddIndex(
            "Incident",
            models.Index(
                fields=["alertname", "id"],
                name="incident_alertname",
                condition=models.Q(("alertname__isnull", False)),
            ),
        ),
        migrations.AddIndex(
            "Incident",
            models.Index(
                fields=["alike", "id"], name="incident_alike", condition=models.Q(("alike__isnull", False))
            ),
        ),
        migrations.RunPython(index_words, migrations.RunPython.noop),
    ]
