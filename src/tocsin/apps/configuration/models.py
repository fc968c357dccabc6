"""Configuration as data: every configured noun and operational fact, and the revision that guards them."""

from django.db import models

from tocsin.apps.columns import DocumentField, InstantField, KeyField, OptionalInstantField, RowIdField


class Revision(models.Model):
    """The one row that every writer of entries bumps in its transaction, and every decision checks in its own."""

    id = RowIdField(primary_key=True)
    revision = models.BigIntegerField()

    class Meta:
        db_table = "configuration_revision"
        default_permissions = ()


class Entry(models.Model):
    """`kind` and `name` as in the YAML; `origin` says whether Git or people made it."""

    id = models.BigAutoField(primary_key=True)
    kind = KeyField()
    name = KeyField()
    document = DocumentField()
    origin = models.TextField()
    starts_at = OptionalInstantField()
    ends_at = OptionalInstantField()
    created_by = models.TextField()
    created_at = InstantField()
    source = models.TextField(db_default="")  # of the applied files, as file:line

    class Meta:
        db_table = "configuration_entry"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="configuration_entry_kind_name")]

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"


class Heard(models.Model):
    """When an integration was heard; the engine writes it, at most once a minute. `core.detect.hearing.Heard`, as a row."""

    integration = KeyField(primary_key=True)
    since = models.BigIntegerField()
    first_at = models.BigIntegerField()
    last_at = models.BigIntegerField()
    times = models.BigIntegerField()
    week_at = models.BigIntegerField()
    longest = models.BigIntegerField()
    longest_before = models.BigIntegerField()

    class Meta:
        db_table = "integration_heard"
        default_permissions = ()
