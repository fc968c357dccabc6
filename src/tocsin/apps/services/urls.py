"""The addresses of services. No name holds a tilde, so `~new` is nobody's."""

from django.urls import path

from tocsin.apps.services import views

urlpatterns = [
    path("services", views.services, name="services"),
    path("services/~new", views.make, name="new-service"),
    path("services/<str:key>", views.service, name="service"),
    path("services/<str:key>/edit", views.change, name="edit-service"),
    path("services/<str:key>/remove", views.remove, name="remove-service"),
]
