"""The addresses of one's own profile; those under `people/<key>` are the same for somebody else, by administrators."""

from django.urls import path

from tocsin.apps.profile import calendar, contacts, push, rules, views

urlpatterns = [
    path("me", views.profile, name="profile"),
    path("me/test-page", views.test_page, name="test-page"),
    path("me/theme", views.theme, name="theme"),
    path("me/push", push.subscribe, name="push-subscribe"),
    path("me/contact/add", contacts.choose, name="contact-choose"),
    path("me/contact/add/<str:channel>", contacts.add, name="contact-add"),
    path("me/contact/<str:name>", contacts.contact, name="contact"),
    path("me/rules", rules.rules, name="rules"),
    path("me/calendar", calendar.make, name="calendar-make"),
    path("me/calendar/<int:number>/renew", calendar.renew, name="calendar-renew"),
    path("me/calendar/<int:number>/revoke", calendar.revoke, name="calendar-revoke"),
    path("calendar/<str:token>.ics", calendar.feed, name="calendar-feed"),
    path("people/<str:key>/reach", views.person_reach, name="person-reach"),
    path("people/<str:key>/contact/add", contacts.choose, name="person-contact-choose"),
    path("people/<str:key>/contact/add/<str:channel>", contacts.add, name="person-contact-add"),
    path("people/<str:key>/contact/<str:name>", contacts.contact, name="person-contact"),
    path("people/<str:key>/rules", rules.rules, name="person-rules"),
]
