"""What on-call keeps: swaps, handoffs, closed months of pay. The engine writes this table."""

from django.db import models

from tocsin.apps.columns import DocumentField, InstantField, KeyField


class Record(models.Model):
    """One of `kind`; `name` is its id, `subject` the schedule, person or team it belongs to; `document` the whole of it."""

    id = models.BigAutoField(primary_key=True)
    kind = KeyField()
    name = KeyField()
    subject = KeyField()
    state = KeyField()
    starts_at = InstantField()
    ends_at = InstantField()
    document = DocumentField()
    updated_at = InstantField()

    class Meta:
        db_table = "oncall_record"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="oncall_record_kind_name")]
        indexes = [
            models.Index(fields=["kind", "starts_at", "name"], name="oncall_record_time"),
            models.Index(fields=["kind", "subject", "starts_at", "name"], name="oncall_record_subject"),
            models.Index(fields=["kind", "state", "starts_at", "name"], name="oncall_record_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"
