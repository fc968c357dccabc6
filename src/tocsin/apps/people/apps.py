from django.apps import AppConfig


class PeopleApp(AppConfig):
    name = "tocsin.apps.people"
    label = "people"
    verbose_name = "people"
