from django.apps import AppConfig


class WebhooksApp(AppConfig):
    name = "tocsin.apps.webhooks"
    label = "webhooks"
    verbose_name = "webhooks"
