"""The addresses of on-call. No name holds a tilde, so `~new` is nobody's."""

from django.urls import path

from tocsin.apps.oncall import policies, schedules, views

urlpatterns = [
    path("on-call", views.oncall, name="oncall"),
    path("oncall", views.moved, name="oncall-moved"),
    path("schedules", schedules.schedules, name="schedules"),
    path("schedules/~new", schedules.make, name="new-schedule"),
    path("schedules/<str:key>", schedules.schedule, name="schedule"),
    path("schedules/<str:key>/edit", schedules.change, name="edit-schedule"),
    path("schedules/<str:key>/remove", schedules.remove, name="remove-schedule"),
    path("policies", policies.policies, name="policies"),
    path("policies/~new", policies.make, name="new-policy"),
    path("policies/<str:key>", policies.policy, name="policy"),
    path("policies/<str:key>/edit", policies.change, name="edit-policy"),
    path("policies/<str:key>/remove", policies.remove, name="remove-policy"),
]
