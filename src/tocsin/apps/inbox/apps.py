from django.apps import AppConfig


class InboxApp(AppConfig):
    name = "tocsin.apps.inbox"
    label = "inbox"
    verbose_name = "inbox"
