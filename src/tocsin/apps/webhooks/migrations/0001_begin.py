import django.db.models.deletion
from django.db import migrations, models

import tocsin.apps.columns


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Standing",
            fields=[
                ("webhook", tocsin.apps.columns.KeyField(primary_key=True, serialize=False)),
                ("failing_since", tocsin.apps.columns.OptionalInstantField(blank=True, null=True)),
                ("last_success_at", tocsin.apps.columns.OptionalInstantField(blank=True, null=True)),
            ],
            options={
                "db_table": "webhook_standing",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", tocsin.apps.columns.KeyField(primary_key=True, serialize=False)),
                ("webhook", tocsin.apps.columns.KeyField()),
                ("incident", models.BigIntegerField()),
                ("entry", models.BigIntegerField()),
                ("event", models.TextField()),
                ("message_id", models.TextField()),
                ("begun_at", tocsin.apps.columns.InstantField()),
                ("document", tocsin.apps.columns.DocumentField()),
                ("state", tocsin.apps.columns.KeyField()),
                ("tries", models.BigIntegerField()),
                ("created_at", tocsin.apps.columns.InstantField()),
                ("updated_at", tocsin.apps.columns.InstantField()),
                ("retry_at", tocsin.apps.columns.InstantField()),
            ],
            options={
                "db_table": "webhook_delivery",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["webhook", "incident", "entry"],
                        name="webhook_delivery_waiting",
                    ),
                    models.Index(fields=["webhook", "created_at", "id"], name="webhook_delivery_log"),
                    models.Index(
                        condition=models.Q(("state", "waiting"), _negated=True),
                        fields=["updated_at"],
                        name="webhook_delivery_settled",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("started_at", tocsin.apps.columns.InstantField()),
                ("ended_at", tocsin.apps.columns.InstantField()),
                ("status", models.BigIntegerField()),
                ("detail", models.TextField()),
                ("answer", models.TextField()),
                (
                    "delivery",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="attempts",
                        to="webhooks.delivery",
                    ),
                ),
            ],
            options={
                "db_table": "webhook_attempt",
                "default_permissions": (),
            },
        ),
    ]
