"""The addresses of the configuration. No name holds a tilde: `~new` is nobody's, `~` what there is only one of."""

from django.urls import path

from tocsin.apps.configuration import integrations, persons, start, teams, views

urlpatterns = [
    path("people", persons.people, name="people"),
    path("people/~new", persons.make, name="new-person"),
    path("people/<str:key>", persons.person, name="person"),
    path("people/<str:key>/edit", persons.change, name="edit-person"),
    path("people/<str:key>/remove", persons.remove, name="remove-person"),
    path("teams", teams.teams, name="teams"),
    path("teams/~new", teams.make, name="new-team"),
    path("teams/<str:key>", teams.team, name="team"),
    path("teams/<str:key>/edit", teams.change, name="edit-team"),
    path("teams/<str:key>/remove", teams.remove, name="remove-team"),
    path("integrations", integrations.integrations, name="integrations"),
    path("integrations/~new", integrations.make, name="new-integration"),
    path("integrations/<str:key>", integrations.integration, name="integration"),
    path("integrations/<str:key>/edit", integrations.change, name="edit-integration"),
    path("integrations/<str:key>/remove", integrations.remove, name="remove-integration"),
    path("integrations/<str:key>/reveal", integrations.reveal, name="reveal-integration"),
    path("integrations/<str:key>/test", integrations.test, name="test-integration"),
    path("settings/start", start.start, name="start"),
    path("settings/default-route", start.default_route, name="default-route"),
    path("settings/configuration", views.overview, name="configuration"),
    path("settings/configuration/export", views.export, name="configuration-export"),
    path("settings/configuration/import", views.bring_in, name="configuration-import"),
    path("settings/configuration/routes", views.routes, name="configuration-routes"),
    path("settings/configuration/<str:kind>", views.kind, name="configuration-kind"),
    path("settings/configuration/<str:kind>/<str:name>", views.text, name="configuration-text"),
    path(
        "settings/configuration/<str:kind>/<str:name>/remove",
        views.remove,
        name="configuration-remove",
    ),
]
