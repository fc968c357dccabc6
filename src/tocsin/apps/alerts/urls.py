"""The addresses of alerts."""

from django.urls import path

from tocsin.apps.alerts import views

urlpatterns = [
    path("alerts", views.alerts, name="alerts"),
    path("alerts/test", views.send_test, name="send-test"),
]
