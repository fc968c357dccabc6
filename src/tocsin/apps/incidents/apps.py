from django.apps import AppConfig


class IncidentsApp(AppConfig):
    name = "tocsin.apps.incidents"
    label = "incidents"
    verbose_name = "incidents"
