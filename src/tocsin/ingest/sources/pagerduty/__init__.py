from tocsin.ingest.sources.pagerduty.parse import ChangeEvents, Events

SOURCES = (Events(), ChangeEvents())
