from django.apps import AppConfig


class AuditApp(AppConfig):
    name = "tocsin.apps.audit"
    label = "audit"
