from django.apps import AppConfig


class EngineApp(AppConfig):
    name = "tocsin.apps.engine"
    label = "engine"
    verbose_name = "engine"
