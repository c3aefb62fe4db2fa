"""Routes of the portal (门户路由); who may open each stands in access.py."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

import sealreg.web.converters  # noqa: F401 - registers <number:…>
from sealreg.portal.views import (
    audit,
    demo,
    demo_tools,
    demo_tour,
    health,
    home,
    inbox,
    parked,
    refused,
    security,
    sign_in,
    users,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("account/sign-in/", sign_in.sign_in, name="sign_in"),
    path("account/second-factor/", sign_in.second_step, name="second_factor"),
    path("account/second-factor/enrol/", security.enrol, name="enrol_second_factor"),
    path("account/sign-out/", sign_in.sign_out, name="sign_out"),
    path("account/continue/", sign_in.continue_form, name="continue_form"),
    path("account/confirm/", sign_in.confirm_identity, name="confirm_identity"),
    path("account/security/", security.security, name="security"),
    path("account/security/password/", security.change_password, name="change_password"),
    path("account/security/second-factor/", security.replace_second_factor, name="replace_second_factor"),
    path("account/security/recovery-codes/", security.recovery_codes, name="recovery_codes"),
    path("account/security/sign-out-everywhere/", security.sign_out_everywhere, name="sign_out_everywhere"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read-all/", inbox.read_all, name="read_all_notices"),
    path("inbox/<number:number>/", inbox.notice, name="notice"),
    path("agency/", home.bench, name="agency_home"),
    path("operator/", home.bench, name="operator_home"),
    path("users/", users.user_list, name="user_list"),
    path("users/new/", users.user_new, name="user_new"),
    path("users/role-requests/", users.role_requests, name="role_requests"),
    path("users/role-requests/<number:number>/", users.role_request, name="role_request"),
    path("users/<number:number>/", users.user_detail, name="user_detail"),
    path("users/<number:number>/ask-role/", users.user_ask_role, name="user_ask_role"),
    path("users/<number:number>/end-role/", users.user_end_role, name="user_end_role"),
    path("users/<number:number>/reset-password/", users.user_reset_password, name="user_reset_password"),
    path("users/<number:number>/lock/", users.user_lock, name="user_lock"),
    path("users/<number:number>/unlock/", users.user_unlock, name="user_unlock"),
    path(
        "users/<number:number>/reset-second-factor/",
        users.user_reset_second_factor,
        name="user_reset_second_factor",
    ),
    path("audit/", audit.audit_log, name="audit_log"),
    path("audit/export/", audit.audit_export, name="audit_export"),
    path("audit/reads/", audit.read_log, name="read_log"),
    path("operator/parked/", parked.parked_list, name="operator_parked"),
    path("operator/parked/<number:number>/", parked.parked_message, name="operator_parked_message"),
    path("shop/refused/<number:number>/", refused.shop_refused, name="shop_refused"),
    path("demo/", demo.demo, name="demo"),
    path("demo/sign-in/", demo.demo_sign_in, name="demo_sign_in"),
    path("demo/clock/", demo_tools.demo_clock, name="demo_clock"),
    path("demo/switches/<str:mock>/", demo_tools.demo_switches, name="demo_switches"),
    path("demo/tour/", demo_tour.demo_tour, name="demo_tour"),
    path("demo/tour/start/", demo_tour.demo_tour_start, name="demo_tour_start"),
    path("demo/sample/", demo_tour.demo_sample, name="demo_sample"),
    path("admin/", admin.site.urls),
]
