"""The addresses of accounts."""

from django.urls import path

from tocsin.apps.people import views

urlpatterns = [
    path("welcome/<str:token>", views.welcome, name="welcome"),
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("me", views.profile, name="profile"),
    path("me/password", views.password, name="password"),
    path("me/test-page", views.test_page, name="test-page"),
]
