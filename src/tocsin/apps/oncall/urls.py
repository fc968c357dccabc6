"""The addresses of on-call."""

from django.urls import path

from tocsin.apps.oncall import views

urlpatterns = [path("oncall", views.oncall, name="oncall")]
