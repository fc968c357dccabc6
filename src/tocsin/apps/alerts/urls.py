"""The addresses of alerts."""

from django.urls import path

from tocsin.apps.alerts import explaining, maintenance, silences, views

urlpatterns = [
    path("alerts", views.alerts, name="alerts"),
    path("alerts/test", views.send_test, name="send-test"),
    path("silences", silences.silences, name="silences"),
    path("silences/new", silences.new, name="new-silence"),
    path("silences/<str:fact_id>", silences.one, name="silence"),
    path("maintenance", maintenance.windows, name="maintenance"),
    path("maintenance/new", maintenance.new, name="new-maintenance"),
    path("maintenance/<str:fact_id>", maintenance.one, name="maintenance-window"),
    path("explain", explaining.explain, name="explain"),
]
