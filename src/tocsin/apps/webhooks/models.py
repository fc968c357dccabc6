"""What webhooks are owed, each try at it, and how each subscription stands. The engine writes these tables."""

from django.db import models

from tocsin.apps.columns import DocumentField, InstantField, KeyField, OptionalInstantField


class Delivery(models.Model):
    """One event owed to one subscription; `incident` 0 is a test. `message_id` is the webhook-id of every try."""

    id = KeyField(primary_key=True)
    webhook = KeyField()
    incident = models.BigIntegerField()
    entry = models.BigIntegerField()
    event = models.TextField()
    message_id = models.TextField()
    begun_at = InstantField()
    document = DocumentField()
    state = KeyField()
    tries = models.BigIntegerField()
    created_at = InstantField()
    updated_at = InstantField()
    retry_at = InstantField()

    class Meta:
        db_table = "webhook_delivery"
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["webhook", "incident", "entry"],
                name="webhook_delivery_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["webhook", "created_at", "id"], name="webhook_delivery_log"),
            models.Index(
                fields=["updated_at"],
                name="webhook_delivery_settled",
                condition=~models.Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def rest(self) -> str:
        """The id behind its subscription's name."""
        return self.id[len(self.webhook) + 1 :]

    @property
    def shown_state(self) -> str:
        return "sent" if self.state == "delivered" else self.state


class Attempt(models.Model):
    """`status` 0: no answer. `answer` is its first KiB."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(
        Delivery, db_constraint=False, on_delete=models.DO_NOTHING, related_name="attempts"
    )
    started_at = InstantField()
    ended_at = InstantField()
    status = models.BigIntegerField()
    detail = models.TextField()
    answer = models.TextField()

    class Meta:
        db_table = "webhook_attempt"
        default_permissions = ()

    @property
    def milliseconds(self) -> int:
        return int((self.ended_at - self.started_at).total_seconds() * 1000)


class Standing(models.Model):
    webhook = KeyField(primary_key=True)
    failing_since = OptionalInstantField()
    last_success_at = OptionalInstantField()

    class Meta:
        db_table = "webhook_standing"
        default_permissions = ()
