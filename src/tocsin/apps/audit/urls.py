"""The addresses of the audit log."""

from django.urls import path

from tocsin.apps.audit import views

urlpatterns = [
    path("settings/audit", views.audit, name="audit"),
    path("settings/audit/export", views.export, name="audit-export"),
]
