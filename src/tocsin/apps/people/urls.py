"""The addresses of accounts. Names that begin with account_, mfa_ and openid_connect_ are those that allauth asks for."""

from django.urls import path

from tocsin.apps.people import accounts, entrance, forgotten, invitations, security

urlpatterns = [
    path("welcome/<str:token>", entrance.welcome, name="welcome"),
    path("sign-in", entrance.sign_in, name="account_login"),
    path("sign-in", entrance.sign_in, name="sign-in"),
    path("sign-in/second", entrance.second, name="mfa_authenticate"),
    path("sign-in/passkey", entrance.passkey, name="sign-in-passkey"),
    path("sign-in/with/<str:provider_id>", entrance.provider, name="openid_connect_login"),
    path("sign-in/with/<str:provider_id>/back", entrance.provider_back, name="openid_connect_callback"),
    path("sign-out", entrance.sign_out, name="sign-out"),
    path("password/reset", forgotten.forgotten, name="forgotten"),
    path("password/reset/<str:token>", forgotten.reset, name="reset-password"),
    path("invitation/<str:token>", invitations.invitation, name="invitation"),
    path("me/password", security.password, name="password"),
    path("me/confirm", security.confirm, name="confirm"),
    path("me/security", security.security, name="security"),
    path("me/security/passkeys/add", security.add_passkey, name="add-passkey"),
    path("me/security/app", security.add_app, name="add-app"),
    path("me/security/recovery-codes", security.recovery_codes, name="recovery-codes"),
    path("me/security/remove/<int:id>", security.remove_factor, name="remove-factor"),
    path("me/security/sessions", security.end_session, name="end-session"),
    path("me/security/unlink", security.unlink_provider, name="unlink-provider"),
    path("settings/people", accounts.accounts, name="accounts"),
    path("settings/people/invite", accounts.invite, name="invite"),
    path("settings/people/<int:id>", accounts.account, name="account"),
    path("settings/people/<int:id>/change", accounts.change, name="change-account"),
]
