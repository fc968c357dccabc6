"""Every page a browser can be given, by the name of its address; what is no page, and why.

The one list that the tests of accessibility walk. `test_axe.py` fails for a name that stands in neither. The operations of the
API (`api-...`) answer programs and are walked by tests of their own.
"""

SIGNED_OUT: dict[str, tuple[str, ...]] = {
    "sign-in": ("/sign-in", "/sign-in?next=/incidents"),
    "forgotten": ("/password/reset",),
    "reset-password": ("/password/reset/not-any-more",),
    "invitation": ("/invitation/not-any-more",),
    "welcome": ("/welcome/not-any-more",),
    "api-docs": ("/api/docs",),
}
SIGNED_IN: dict[str, tuple[str, ...]] = {
    "now": ("/",),
    "incidents": ("/incidents", "/incidents?state=all", "/incidents?text=nothing-like-it"),
    "report": ("/incidents/new",),
    "incident": ("/incidents/1", "/incidents/2", "/incidents/3"),
    "alerts": ("/alerts", "/alerts?status=all", "/alerts?status=resolved"),
    "silences": ("/silences",),
    "new-silence": ("/silences/new", "/silences/new?incident=1"),
    "maintenance": ("/maintenance",),
    "new-maintenance": ("/maintenance/new",),
    "explain": ("/explain", "/explain?labels=alertname%3DSlow+severity%3Dcritical"),
    "search": ("/search", "/search?q=slow", "/search?q=nothing-like-it"),
    "oncall": ("/oncall",),
    "insights": ("/insights",),
    "profile": ("/me",),
    "password": ("/me/password",),
    "confirm": ("/me/confirm",),
    "security": ("/me/security",),
    "add-passkey": ("/me/security/passkeys/add",),
    "add-app": ("/me/security/app",),
    "recovery-codes": ("/me/security/recovery-codes",),
    "my-tokens": ("/me/tokens",),
    "settings": ("/settings",),
    "accounts": ("/settings/people", "/settings/people?text=nobody-like-it"),
    "invite": ("/settings/people/invite",),
    "account": ("/settings/people/1",),
    "tokens": ("/settings/tokens",),
    "audit": ("/settings/audit", "/settings/audit?text=nothing-like-it"),
    "design": ("/design",),
}
FORM = "takes a form and leads back to its page"
NO_PAGE: dict[str, str] = {
    "act": FORM,
    "act-on-several": FORM,
    "silence": FORM,
    "maintenance-window": FORM,
    "send-test": FORM,
    "test-page": FORM,
    "sign-out": FORM,
    "remove-factor": FORM,
    "end-session": FORM,
    "unlink-provider": FORM,
    "change-account": FORM,
    "revoke-token": FORM,
    "revoke-my-token": FORM,
    "sign-in-passkey": "answers a script",
    "account_login": "the sign-in by allauth's name",
    "mfa_authenticate": "only after a password",
    "openid_connect_login": "leads to the provider",
    "openid_connect_callback": "leads back from the provider",
    "audit-export": "a file",
    "openapi": "a file",
}
ABSENT = "/no/such/page"
