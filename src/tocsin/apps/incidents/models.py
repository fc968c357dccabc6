"""Incidents and all that reaching people about them leaves behind. `document` is the whole core value; the other
columns are what it is found by."""

from django.db import models

from tocsin.apps.columns import DocumentField, InstantField, KeyField, OptionalInstantField, OptionalKeyField


class Incident(models.Model):
    """`words` is what a text search looks in, case-folded; the table `incident_words` (on PostgreSQL the index of that name)
    finds it. `alike`: the digest of the group's key. `owes_timer`: it must have a pending agenda entry."""

    id = models.BigAutoField(primary_key=True)
    state = KeyField()
    severity = models.TextField()
    kind = models.TextField()
    service = OptionalKeyField()
    team = models.TextField(null=True)
    title = models.TextField()
    words = models.TextField()
    test = models.BooleanField()
    owes_timer = models.BooleanField()
    opened_at = InstantField()
    acknowledged_at = OptionalInstantField()
    resolved_at = OptionalInstantField()
    alertname = OptionalKeyField()
    alike = OptionalKeyField()
    document = DocumentField()

    class Meta:
        db_table = "incident"
        default_permissions = ()
        indexes = [
            models.Index(fields=["state", "id"], name="incident_state"),
            models.Index(fields=["service", "id"], name="incident_service"),
            models.Index(fields=["severity", "id"], name="incident_severity"),
            models.Index(fields=["team", "id"], name="incident_team"),
            models.Index(
                fields=["alertname", "id"],
                name="incident_alertname",
                condition=models.Q(alertname__isnull=False),
            ),
            models.Index(
                fields=["alike", "id"], name="incident_alike", condition=models.Q(alike__isnull=False)
            ),
            models.Index(fields=["id"], name="incident_test", condition=models.Q(test=True)),
            models.Index(fields=["id"], name="incident_owes", condition=models.Q(owes_timer=True)),
        ]

    def __str__(self) -> str:
        return f"{self.id}: {self.title}"


class TimelineEntry(models.Model):
    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(
        Incident,
        db_constraint=False,
        db_index=False,
        on_delete=models.DO_NOTHING,
        related_name="timeline",
    )
    entry = models.BigIntegerField()
    at = InstantField()
    reason = models.TextField()
    text = models.TextField()
    actor = models.TextField(null=True)
    via = models.TextField()

    class Meta:
        db_table = "timeline_entry"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["incident", "entry"], name="timeline_entry_number")]


class Page(models.Model):
    """The intent to reach one person; `id` is `{incident}.{serial}`. An older node writes no `begun_at`: not counted."""

    id = KeyField(primary_key=True)
    incident = models.ForeignKey(
        Incident, db_constraint=False, on_delete=models.DO_NOTHING, related_name="pages"
    )
    serial = models.BigIntegerField()
    person = models.TextField()
    state = KeyField()
    begun_at = InstantField(db_default=models.Value(0))
    urgency = models.TextField(db_default="high")
    document = DocumentField()

    class Meta:
        db_table = "page"
        default_permissions = ()
        # Counted from the index alone: a year of pages is never looked at row by row.
        indexes = [models.Index(fields=["person", "begun_at", "urgency", "incident"], name="page_received")]


class Notification(models.Model):
    """One message on one channel to one contact method; `id` is `{page}.{n}` where it belongs to a page."""

    id = KeyField(primary_key=True)
    incident = models.ForeignKey(
        Incident,
        null=True,
        db_constraint=False,
        db_index=False,
        on_delete=models.DO_NOTHING,
        related_name="notifications",
    )
    page = OptionalKeyField()
    address_key = KeyField()
    state = KeyField()
    reason = models.TextField()
    detail = models.TextField()
    attempts = models.BigIntegerField()
    created_at = InstantField()
    updated_at = InstantField()
    document = DocumentField()

    class Meta:
        db_table = "notification"
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["address_key", "created_at"],
                name="notification_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["incident"],
                name="notification_incident",
                condition=models.Q(incident__isnull=False),
            ),
        ]


class Attempt(models.Model):
    """One try at one message; `key` is the idempotency key that a repeat carries again."""

    id = models.BigAutoField(primary_key=True)
    notification = models.ForeignKey(
        Notification, db_constraint=False, on_delete=models.DO_NOTHING, related_name="tries"
    )
    attempt = models.BigIntegerField()
    key = models.TextField()
    started_at = InstantField()
    ended_at = InstantField()
    outcome = models.TextField()
    detail = models.TextField()

    class Meta:
        db_table = "attempt"
        default_permissions = ()


class Address(models.Model):
    """What an address remembers between messages."""

    address_key = KeyField(primary_key=True)
    document = DocumentField()

    class Meta:
        db_table = "address_state"
        default_permissions = ()
