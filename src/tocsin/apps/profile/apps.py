from django.apps import AppConfig


class ProfileConfig(AppConfig):
    name = "tocsin.apps.profile"
    label = "profile"
