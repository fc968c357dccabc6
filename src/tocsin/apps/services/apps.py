from django.apps import AppConfig


class ServicesApp(AppConfig):
    name = "tocsin.apps.services"
    label = "services"
    verbose_name = "services"
