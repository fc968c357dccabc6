"""Answers kept for idempotency keys; and incidents found by when they opened, which the API's filters ask for."""

from django.db import migrations, models

import tocsin.apps.columns


class Migration(migrations.Migration):
    initial = True

    dependencies = [("incidents", "0001_begin")]

    operations = [
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("owner", tocsin.apps.columns.KeyField()),
                ("key", tocsin.apps.columns.KeyField()),
                ("fingerprint", models.TextField()),
                ("status", models.IntegerField(null=True)),
                ("body", models.BinaryField(default=b"")),
                ("headers", models.TextField(default="{}")),
                ("begun_at", tocsin.apps.columns.InstantField()),
            ],
            options={"db_table": "api_kept_answer", "default_permissions": ()},
        ),
        migrations.AddIndex("KeptAnswer", models.Index(fields=["begun_at"], name="api_kept_answer_begun")),
        migrations.AddConstraint(
            "KeptAnswer", models.UniqueConstraint(fields=["owner", "key"], name="api_kept_answer_key")
        ),
        migrations.RunSQL(
            "CREATE INDEX incident_opened ON incident (opened_at, id)", "DROP INDEX incident_opened"
        ),
    ]
