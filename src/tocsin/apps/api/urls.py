"""The addresses of API tokens on screen."""

from django.urls import path

from tocsin.apps.api import views

urlpatterns = [
    path("me/tokens", views.my_tokens, name="my-tokens"),
    path("me/tokens/<int:token_id>/revoke", views.revoke_mine, name="revoke-my-token"),
    path("settings/tokens", views.all_tokens, name="tokens"),
    path("settings/tokens/<int:token_id>/revoke", views.revoke_any, name="revoke-token"),
]
