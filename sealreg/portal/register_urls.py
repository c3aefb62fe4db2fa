"""Routes of the registers the portal shows (登记簿路由): units and the working-day calendar."""

from django.urls import URLPattern, URLResolver, path

from sealreg.portal.views import calendar, units

urlpatterns: list[URLPattern | URLResolver] = [
    path("police/units/", units.police_units, name="police_units"),
    path("police/units/<str:number>/", units.police_unit, name="police_unit"),
    path("police/units/<str:number>/reveal/", units.police_unit_reveal, name="police_unit_reveal"),
    path("police/units/<str:number>/correct/", units.police_unit_correct, name="police_unit_correct"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/add/", calendar.calendar_add, name="calendar_add"),
    path("calendar/import/", calendar.calendar_import, name="calendar_import"),
    path("calendar/import/confirm/", calendar.calendar_import_confirm, name="calendar_import_confirm"),
    path("calendar/hours/", calendar.calendar_hours, name="calendar_hours"),
    path("calendar/days/<str:date>/remove/", calendar.calendar_remove, name="calendar_remove"),
]
