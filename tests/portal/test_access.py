"""The access map, whole and obeyed (访问规则): generated from the URLs and the roles."""

import re
import uuid

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, path, reverse

from sealreg.accounts.roles import ROLES
from sealreg.portal.access import ACCESS, Demo, Has, Machine, Public, SignedIn, allows, rule_for
from tests.factories.accounts import person
from tests.portal.signing_in import client_of

ARGUMENTS = {
    "number": "0123456789AB",
    "txn": "0123456789abcdef",
    "date": "2026-05-01",
    "code": "4406060000001",
    "mock": "registry",
    "key": "filing",
    "verb": "offer-hearing",
    "item": 1,
    "kind": "suspend",
    "step": "company",
}


def named_routes():
    """(view name, URLPattern, whole route) of every route of the product."""

    def walk(resolver, namespace, prefix):
        for pattern in resolver.url_patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from walk(pattern, inner, route)
            elif isinstance(pattern, URLPattern):
                yield f"{namespace}{pattern.name}", pattern, route

    return list(walk(get_resolver(), "", ""))


ROUTES = named_routes()
OURS = sorted({name for name, _pattern, _route in ROUTES if ":" not in name})


def address(name):
    """A path for the route, with arguments that name nothing."""
    pattern = next(pattern for found, pattern, _route in ROUTES if found == name)
    return reverse(name, kwargs={key: ARGUMENTS[key] for key in pattern.pattern.converters})


def test_every_route_has_a_name_and_a_row():
    assert [route for _name, pattern, route in ROUTES if not pattern.name and not route.startswith("admin/")] == []
    assert [name for name, _pattern, _route in ROUTES if rule_for(name) is None] == []


def test_no_row_without_a_route():
    names = {name for name, _pattern, _route in ROUTES}
    stale = [
        row
        for row in ACCESS
        if not (any(name.startswith(row) for name in names) if row.endswith(":") else row in names)
    ]
    assert stale == []


def test_route_names_are_unique():
    names = [name for name, _pattern, _route in ROUTES if ":" not in name]
    assert len(names) == len(set(names))


def test_what_only_the_police_side_uses_is_marked_so():
    """A route whose every allowed role lives in the police zone must not exist in the internet zone."""
    for name, rule in ACCESS.items():
        if isinstance(rule, Has):
            allowed = [role for role in ROLES.values() if allows(rule, role, signed_in=True)]
            assert allowed, f"{name} is open to nobody"
            if all(role.zone == "police" for role in allowed):
                assert rule.zone == "police", name


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_route_answers_each_role_as_its_row_says(role, client):
    """The matrix: a route that lets a role in, or shuts it out, against its row fails here."""
    user = person(role)
    browser = client_of(user)
    for name in OURS:
        rule = ACCESS[name]
        if isinstance(rule, Public | Demo):
            continue  # one answer for everyone: the next test
        let_in = allows(rule, user.role, signed_in=True)
        # A refusal to a fragment is the same refusal on a smaller page.
        answer = browser.get(address(name), headers={} if let_in else {"HX-Request": "true"})
        refused = answer.status_code == 403
        if isinstance(rule, Machine):
            assert answer.status_code in (401, 405), (name, answer.status_code)
        elif let_in:
            assert not refused, (name, role)
            assert answer.status_code in (200, 302, 404, 405, 410), (name, answer.status_code)
        else:
            assert isinstance(rule, Has)
            assert refused, (name, role, answer.status_code)


@pytest.mark.django_db
def test_public_and_demo_routes_answer_everyone(client):
    browser = client_of(person("shop_clerk"))
    for name in OURS:
        if isinstance(ACCESS[name], Public | Demo):
            for answer in (client.get(address(name)), browser.get(address(name))):
                assert answer.status_code in (200, 302, 405, 503), (name, answer.status_code)


@pytest.mark.django_db
def test_nobody_signed_out_gets_past_a_row_that_wants_a_person(client):
    for name in OURS:
        rule = ACCESS[name]
        for answer in (client.get(address(name)), client.post(address(name))):
            if isinstance(rule, SignedIn | Has):
                assert answer.status_code == 302, name
                assert answer["Location"].startswith(reverse("sign_in")), name
            elif isinstance(rule, Machine):
                assert answer.status_code in (400, 401, 405), (name, answer.status_code)
            else:
                assert isinstance(rule, Public | Demo)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, *ROLES])
def test_the_admin_is_the_system_administrators_alone(role):
    answer = client_of(person(role)).get(reverse("admin:index"))
    assert answer.status_code == (200 if role == "system_administrator" else 403)


@pytest.mark.django_db
def test_a_view_without_a_row_is_refused(client, settings):
    settings.ROOT_URLCONF = type("Urls", (), {"urlpatterns": [path("secret/", lambda request: 1 / 0, name="no_row")]})
    assert client.get("/secret/").status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["county_officer", "system_administrator", "operator_staff", "auditor"])
def test_police_operator_and_admin_routes_do_not_exist_in_the_internet_zone(role, settings):
    user = person(role)
    browser = client_of(user)
    settings.ZONE = "internet"
    for name in OURS:
        if ACCESS[name].zone == "police":
            assert browser.get(address(name)).status_code == 404, name
    assert browser.get("/admin/").status_code == 404
    answer = browser.get(reverse("security"))
    assert answer.status_code == 302, "a police session is none on the internet side"


@pytest.mark.django_db
def test_an_officer_is_told_where_to_sign_in(client, settings):
    from tests.factories.accounts import PASSWORD

    settings.ZONE = "internet"
    user = person("county_officer")
    page = client.post(reverse("sign_in"), {"username": user.username, "password": PASSWORD}).content.decode()
    assert "请在公安网登录" in page


@pytest.mark.django_db
def test_demo_routes_do_not_exist_elsewhere(client, settings):
    settings.DEMO = False
    person("county_officer", username="shunde")
    for name in OURS:
        if isinstance(ACCESS[name], Demo):
            assert client.get(address(name)).status_code == 404, name
            assert client.post(address(name), {"username": "shunde"}).status_code == 404, name
    assert client.get(reverse("sign_in")).content.decode().count(reverse("home") + "demo") == 0


@pytest.mark.parametrize("number", ["0", "abc", "%00", "0123456789ab", str(uuid.UUID(int=0))])
@pytest.mark.django_db
def test_numbers_in_paths_that_are_none_reach_no_view(number):
    answer = client_of(person("system_administrator")).get(f"/users/{number}/")
    assert answer.status_code == 404


def test_rules_are_read_by_whole_name_or_namespace():
    assert rule_for("home") == Public()
    assert isinstance(rule_for("admin:accounts_user_changelist"), Has)
    assert rule_for("nothing") is None
    assert rule_for("nothing:at_all") is None


def test_no_row_holds_a_wildcard_other_than_the_admin():
    assert [name for name in ACCESS if not re.fullmatch(r"[a-z0-9_]+", name)] == ["admin:"]
