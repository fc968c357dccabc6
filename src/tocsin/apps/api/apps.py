from django.apps import AppConfig


class ApiApp(AppConfig):
    name = "tocsin.apps.api"
    label = "api"
    verbose_name = "API"
