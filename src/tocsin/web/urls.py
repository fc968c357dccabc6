"""Every address of the people's side. What machines use is answered before it gets here."""

from django.urls import include, path

from tocsin.web import design, errors, installed, now, search, settings_room

urlpatterns = [
    path("", now.now, name="now"),
    path("", include("tocsin.apps.incidents.urls")),
    path("", include("tocsin.apps.alerts.urls")),
    path("", include("tocsin.apps.oncall.urls")),
    path("", include("tocsin.apps.people.urls")),
    path("", include("tocsin.apps.profile.urls")),
    path("sw.js", installed.service_worker, name="service-worker"),
    path("manifest.webmanifest", installed.manifest, name="manifest"),
    path("offline", installed.offline, name="offline"),
    path("", include("tocsin.apps.insights.urls")),
    path("", include("tocsin.apps.audit.urls")),
    path("", include("tocsin.apps.webhooks.urls")),
    path("search", search.search, name="search"),
    path("", include("tocsin.apps.api.urls")),
    path("", include("tocsin.web.api")),
    path("", include("tocsin.apps.services.urls")),
    path("", include("tocsin.apps.configuration.urls")),
    path("settings", settings_room.settings_room, name="settings"),
    path("design", design.design, name="design"),
]
handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
