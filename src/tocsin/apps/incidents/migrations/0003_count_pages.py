"""Pages counted by person and time, for fairness, health and pay: the same cost after a year as after a day."""

from datetime import datetime

import msgspec
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import tocsin.apps.columns

BATCH = 1_000


class _Known(msgspec.Struct):
    """What of a stored page this migration reads."""

    begun_at: datetime
    urgency: str = "high"


def fill(apps: Apps, schema: BaseDatabaseSchemaEditor) -> None:
    pages = apps.get_model("incidents", "Page").objects.using(schema.connection.alias)
    read = msgspec.json.Decoder(_Known).decode
    last = ""
    while batch := list(pages.filter(id__gt=last).order_by("id").only("id", "document")[:BATCH]):
        for page in batch:
            try:
                known = read(page.document)
            except msgspec.DecodeError:
                continue  # what no version can read is counted nowhere either
            page.begun_at, page.urgency = known.begun_at, known.urgency
        pages.bulk_update(batch, ["begun_at", "urgency"], batch_size=200)
        last = batch[-1].id


class Migration(migrations.Migration):
    dependencies = [("incidents", "0002_find_incidents")]

    operations = [
        migrations.AddField("Page", "begun_at", tocsin.apps.columns.InstantField(db_default=models.Value(0))),
        migrations.AddField("Page", "urgency", models.TextField(db_default="high")),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            "Page",
            models.Index(fields=["person", "begun_at", "urgency", "incident"], name="page_received"),
        ),
        migrations.AddIndex(
            "Incident",
            models.Index(fields=["id"], name="incident_test", condition=models.Q(("test", True))),
        ),
    ]
