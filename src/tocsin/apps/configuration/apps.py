from django.apps import AppConfig


class ConfigurationApp(AppConfig):
    name = "tocsin.apps.configuration"
    label = "configuration"
    verbose_name = "configuration"
