from django.db import migrations, models

import tocsin.apps.columns


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Record",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", tocsin.apps.columns.KeyField()),
                ("name", tocsin.apps.columns.KeyField()),
                ("subject", tocsin.apps.columns.KeyField()),
                ("state", tocsin.apps.columns.KeyField()),
                ("starts_at", tocsin.apps.columns.InstantField()),
                ("ends_at", tocsin.apps.columns.InstantField()),
                ("document", tocsin.apps.columns.DocumentField()),
                ("updated_at", tocsin.apps.columns.InstantField()),
            ],
            options={
                "db_table": "oncall_record",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["kind", "starts_at", "name"], name="oncall_record_time"),
                    models.Index(
                        fields=["kind", "subject", "starts_at", "name"], name="oncall_record_subject"
                    ),
                    models.Index(fields=["kind", "state", "starts_at", "name"], name="oncall_record_state"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "name"), name="oncall_record_kind_name")
                ],
            },
        ),
    ]
