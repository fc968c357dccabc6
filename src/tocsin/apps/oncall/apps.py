from django.apps import AppConfig


class OnCallApp(AppConfig):
    name = "tocsin.apps.oncall"
    label = "oncall"
    verbose_name = "on-call"
