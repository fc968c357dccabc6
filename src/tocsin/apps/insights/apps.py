from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "tocsin.apps.insights"
    label = "insights"
