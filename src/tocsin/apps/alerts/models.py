"""Alerts: what never changes, what does, how it changed; their groups; heartbeats; what could not be read."""

from django.db import models

from tocsin.apps.columns import DocumentField, InstantField, KeyField, OptionalInstantField, RowIdField


class Alert(models.Model):
    """What never changes about an alert."""

    id = RowIdField(primary_key=True)
    integration = models.TextField()
    labels = DocumentField()
    first_seen = InstantField()
    key = models.TextField(null=True)

    class Meta:
        db_table = "alert"
        default_permissions = ()


class AlertState(models.Model):
    """What does change: `status` is firing, resolved or source_silent."""

    alert = models.OneToOneField(
        Alert, primary_key=True, db_constraint=False, on_delete=models.DO_NOTHING, related_name="state"
    )
    status = models.TextField()
    starts_at = InstantField()
    ends_at = OptionalInstantField()
    updated_at = InstantField()
    annotations = DocumentField()
    generator_url = models.TextField()
    groups = models.TextField()
    reason = models.TextField()
    by = models.TextField()
    incident_id = models.BigIntegerField(null=True)
    complete_group = models.TextField(null=True)

    class Meta:
        db_table = "alert_state"
        default_permissions = ()
        indexes = [
            models.Index(fields=["alert"], name="alert_state_active", condition=~models.Q(status="resolved")),
            models.Index(
                fields=["incident_id"],
                name="alert_state_incident",
                condition=models.Q(incident_id__isnull=False),
            ),
        ]


class AlertTransition(models.Model):
    """A status that an alert had until `at`, and why, appended when it left it; forgotten by range.

    So an alert that only ever began to fire has none: when it did stands in `alert`, and why in `alert_state`.
    """

    id = models.BigAutoField(primary_key=True)
    alert = models.ForeignKey(
        Alert,
        db_constraint=False,
        db_index=False,
        on_delete=models.DO_NOTHING,
        related_name="transitions",
    )
    at = InstantField()
    status = models.TextField()
    reason = models.TextField()

    class Meta:
        db_table = "alert_transition"
        default_permissions = ()
        indexes = [models.Index(fields=["alert"], name="alert_transition_alert")]


class AlertGroup(models.Model):
    """A group of alerts under one route; `document` is its state as detection knows it."""

    key = KeyField(primary_key=True)
    route = models.TextField()
    labels = DocumentField()
    document = DocumentField()
    incident_id = models.BigIntegerField(null=True)
    updated_at = InstantField()

    class Meta:
        db_table = "alert_group"
        default_permissions = ()


class Heartbeat(models.Model):
    key = KeyField(primary_key=True)
    last_seen = InstantField()
    missed = models.BooleanField()
    document = DocumentField()

    class Meta:
        db_table = "heartbeat"
        default_permissions = ()


class Quarantined(models.Model):
    """A request that could not be read, with the reason; bounded."""

    id = models.BigAutoField(primary_key=True)
    request = models.BigIntegerField()
    received_at = InstantField()
    integration = models.TextField()
    source = models.TextField()
    body = models.BinaryField()
    error = models.TextField()

    class Meta:
        db_table = "quarantine"
        default_permissions = ()
