"""The addresses of insights."""

from django.urls import path

from tocsin.apps.insights import views

urlpatterns = [path("insights", views.insights, name="insights")]
