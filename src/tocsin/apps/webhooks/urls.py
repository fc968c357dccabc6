from django.urls import path

from tocsin.apps.webhooks import views

urlpatterns = [
    path("settings/webhooks", views.webhooks, name="webhooks"),
    path("settings/webhooks/new", views.new_webhook, name="new-webhook"),
    path("settings/webhooks/<str:key>", views.webhook, name="webhook"),
    path("settings/webhooks/<str:key>/edit", views.edit_webhook, name="edit-webhook"),
    path("settings/webhooks/<str:key>/act", views.act_on_webhook, name="act-on-webhook"),
    path("settings/webhooks/<str:key>/deliveries/<path:rest>", views.delivery, name="webhook-delivery"),
]
