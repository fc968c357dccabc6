from tocsin.ingest.sources.heartbeat.parse import Heartbeat as _Source

SOURCES = (_Source(),)
