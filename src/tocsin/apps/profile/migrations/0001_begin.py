"""Calendar feeds."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from tocsin.apps.columns import InstantField, KeyField, OptionalInstantField


class Migration(migrations.Migration):
    initial = True
    dependencies = [("people", "0001_begin")]
    operations = [
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="feed",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("digest", KeyField(unique=True)),
                ("created_at", InstantField()),
                ("read_at", OptionalInstantField(blank=True, null=True)),
            ],
            options={"db_table": "calendar_feed", "default_permissions": ()},
        ),
    ]
