"""Services by API: what breaks, who owns it, and whom that pages."""

from ninja import Router

from tocsin.apps.configuration import noun_operations

router = Router(tags=["Services"])
noun_operations.many(
    router,
    "/services",
    "services",
    "service",
    {
        "name": "Task API",
        "team": "platform",
        "policy": "platform",
        "runbook_url": "https://runbooks.example.com/task-api",
    },
)
