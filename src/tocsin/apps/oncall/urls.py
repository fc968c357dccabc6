"""The addresses of on-call. No name holds a tilde, so `~new` is nobody's."""

from django.urls import path

from tocsin.apps.oncall import (
    calendars,
    leave,
    mine,
    one_schedule,
    overrides,
    pay,
    policies,
    schedules,
    views,
)

urlpatterns = [
    path("on-call", views.oncall, name="oncall"),
    path("oncall", views.moved, name="oncall-moved"),
    path("on-call/mine", mine.mine, name="my-shifts"),
    path("schedules", schedules.schedules, name="schedules"),
    path("schedules/~new", schedules.make, name="new-schedule"),
    path("schedules/<str:key>", one_schedule.schedule, name="schedule"),
    path("schedules/<str:key>/edit", schedules.change, name="edit-schedule"),
    path("schedules/<str:key>/override", overrides.new, name="new-override"),
    path("schedules/<str:key>/overrides/<str:override_id>", overrides.one, name="override"),
    path("schedules/<str:key>/remove", schedules.remove, name="remove-schedule"),
    path("on-call/pay", pay.pay, name="pay"),
    path("on-call/pay/csv", pay.export, name="pay-csv"),
    path("on-call/pay/close", pay.close, name="close-pay"),
    path("on-call/pay/adjust", pay.adjust, name="adjust-pay"),
    path("on-call/leave", leave.leave, name="leave"),
    path("on-call/leave/<str:leave_id>/end", leave.end, name="end-leave"),
    path("calendars", calendars.calendars, name="calendars"),
    path("calendars/~new", calendars.make, name="new-calendar"),
    path("calendars/<str:key>", calendars.calendar, name="calendar"),
    path("calendars/<str:key>/edit", calendars.change, name="edit-calendar"),
    path("calendars/<str:key>/remove", calendars.remove, name="remove-calendar"),
    path("calendars/<str:key>/read", calendars.read, name="read-calendar"),
    path("policies", policies.policies, name="policies"),
    path("policies/~new", policies.make, name="new-policy"),
    path("policies/<str:key>", policies.policy, name="policy"),
    path("policies/<str:key>/edit", policies.change, name="edit-policy"),
    path("policies/<str:key>/remove", policies.remove, name="remove-policy"),
]
