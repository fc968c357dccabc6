from tocsin.ingest.sources.alertmanager.parse import Alertmanager as _Source

SOURCES = (_Source(),)
