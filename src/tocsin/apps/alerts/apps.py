from django.apps import AppConfig


class AlertsApp(AppConfig):
    name = "tocsin.apps.alerts"
    label = "alerts"
    verbose_name = "alerts"
