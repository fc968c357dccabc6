"""Outgoing webhooks. Their subscriptions are nouns of the configuration."""

import msgspec


class SendTestEvent(msgspec.Struct, frozen=True, tag="send_test_event"):
    """Send this subscription a test event, the way of any other. Answer: Accepted."""

    webhook: str


class ResendDelivery(msgspec.Struct, frozen=True, tag="resend_delivery"):
    """Deliver it once more, under the same webhook-id. Answer: Accepted."""

    delivery: str
