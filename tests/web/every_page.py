"""Every page a browser can be given, by the name of its address; what is no page, and why.

The one list that the tests of accessibility walk. `test_axe.py` fails for a name that stands in neither.
"""

SIGNED_OUT: dict[str, tuple[str, ...]] = {
    "sign-in": ("/sign-in", "/sign-in?next=/incidents"),
    "welcome": ("/welcome/not-any-more",),
}
SIGNED_IN: dict[str, tuple[str, ...]] = {
    "now": ("/",),
    "incidents": ("/incidents", "/incidents?state=all", "/incidents?text=nothing-like-it"),
    "incident": ("/incidents/1", "/incidents/2", "/incidents/3"),
    "alerts": ("/alerts", "/alerts?status=all", "/alerts?status=resolved"),
    "oncall": ("/oncall",),
    "insights": ("/insights",),
    "settings": ("/settings",),
    "design": ("/design",),
    "profile": ("/me",),
    "password": ("/me/password",),
}
NO_PAGE: dict[str, str] = {
    "act": "takes a form and leads back to its page",
    "send-test": "takes a form and leads back to its page",
    "test-page": "takes a form and leads back to its page",
    "sign-out": "takes a form and leads to the sign-in",
}
ABSENT = "/no/such/page"
