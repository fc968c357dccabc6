"""The addresses of incidents."""

from django.urls import path

from tocsin.apps.incidents import views

urlpatterns = [
    path("incidents", views.incidents, name="incidents"),
    path("incidents/act", views.act_on_several, name="act-on-several"),
    path("incidents/new", views.report, name="report"),
    path("incidents/<int:incident_id>", views.incident, name="incident"),
    path("incidents/<int:incident_id>/act", views.act, name="act"),
]
