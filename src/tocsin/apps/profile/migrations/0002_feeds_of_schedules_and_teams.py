"""A feed is of a person, a schedule or a team; an account may have many. Addresses that are out there stay good."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from tocsin.apps.columns import InstantField, KeyField, OptionalInstantField


def keep(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """An empty subject is whoever the account is, as it was."""
    feed, before = apps.get_model("profile", "Feed"), apps.get_model("profile", "CalendarFeed")
    feed.objects.bulk_create(
        feed(
            account_id=each.account_id,
            kind="person",
            subject="",
            digest=each.digest,
            created_at=each.created_at,
            read_at=each.read_at,
        )
        for each in before.objects.all()
    )


class Migration(migrations.Migration):
    dependencies = [("profile", "0001_begin")]
    operations = [
        migrations.CreateModel(
            name="Feed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feeds",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("kind", KeyField()),
                ("subject", KeyField()),
                ("layer", KeyField(default="")),
                ("reminder", models.PositiveIntegerField(default=0)),
                ("gaps", models.BooleanField(default=False)),
                ("digest", KeyField(unique=True)),
                ("created_at", InstantField()),
                ("read_at", OptionalInstantField(blank=True, null=True)),
            ],
            options={
                "db_table": "feed",
                "default_permissions": (),
                "indexes": [models.Index(fields=["account", "kind", "subject"], name="feed_account")],
            },
        ),
        migrations.RunPython(keep, migrations.RunPython.noop),
        migrations.DeleteModel(name="CalendarFeed"),
    ]
