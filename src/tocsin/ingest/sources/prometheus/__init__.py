from tocsin.ingest.sources.prometheus.parse import Prometheus as _Source

SOURCES = (_Source(),)
