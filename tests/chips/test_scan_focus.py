"""Where a hand scanner's next shot goes (扫码焦点): into the field at fault, else to where the reader is needed."""

import re

import pytest
from django.urls import reverse

from sealreg.clock import fixed_at
from tests.attachments.made import jpeg
from tests.chips.test_pages import send
from tests.chips.test_photos import upload
from tests.chips.world import NOW, codes_of
from tests.factories import filing as made
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _midday():
    with fixed_at(NOW):
        yield


def focus(answer):
    """Names of the fields that ask for the focus, and whether the summary of errors leaves it to them."""
    page = answer.content.decode()
    fields = [tag for tag in re.findall(r"<(?:input|textarea|select)[^>]*>", page) if "autofocus" in tag]
    summary = re.findall(r'<div class="govuk-error-summary"[^>]*>', page)
    return [re.search(r'name="([^"]+)"', tag)[1] for tag in fields], ["disable-auto-focus" in tag for tag in summary]


class TestPackaging:
    def test_a_refused_chip_is_scanned_again(self, place, clerk):
        client, other = client_of(clerk), made.chip_of(made.shop())
        for code in (other.uid, "04", "not a chip"):
            answer = send(client, "shop_chip_package", "package", chip_uid=code)
            assert (answer.status_code, focus(answer)) == (422, (["package-chip_uid"], [True]))

    def test_a_refused_body_is_scanned_again(self, place, clerk):
        client, chips = client_of(clerk), [made.chip_of(place) for _ in range(2)]
        assert send(client, "shop_chip_package", "package", chip_uid=chips[0].uid, body_serial="B-1").status_code == 302
        answer = send(client, "shop_chip_package", "package", chip_uid=chips[1].uid, body_serial="B-1")
        assert (answer.status_code, focus(answer)) == (422, (["package-body_serial"], [True]))

    def test_after_the_chip_comes_its_body_and_after_the_body_the_next_chip(self, place, clerk):
        client, chip = client_of(clerk), made.chip_of(place)
        fresh = client.get(reverse("shop_chip_package"))
        one = send(client, "shop_chip_package", "package", chip_uid=chip.uid, follow=True)
        both = send(client, "shop_chip_package", "package", chip_uid=chip.uid, body_serial="B-1", follow=True)
        assert [focus(answer) for answer in (fresh, one, both)] == [
            (["package-chip_uid"], []), (["package-body_serial"], []), (["package-chip_uid"], [])
        ]  # fmt: skip

    def test_what_is_wrong_elsewhere_is_read_first(self, place, clerk):
        client, chip = client_of(clerk), made.chip_of(place)
        wrong = upload("body.jpg", jpeg()[:40])
        answer = send(client, "shop_chip_package", "package", chip_uid=chip.uid, body_serial="B-1", photo=wrong)
        fields, summary = focus(answer)
        assert (answer.status_code, summary) == (422, [False])
        assert "package-photo" not in fields


class TestCounting:
    def test_a_shot_that_brought_nothing_is_taken_again(self, world):
        bag = world.shipped(2)
        answer = send(client_of(world.operator), "chip_consignment", "scan", bag.number, code=" ")
        assert (answer.status_code, focus(answer)) == (422, (["scan-code"], [True]))

    def test_what_is_wrong_in_another_form_is_read_first(self, world):
        serials = world.in_stock(2)
        bag = world.grant(world.order(2), serials)
        clerk = client_of(world.clerk)
        assert focus(clerk.get(reverse("shop_chip_consignment", args=[bag.number]))) == (["scan-code"], [])
        answer = send(clerk, "shop_chip_consignment", "refuse", bag.number, reason="")
        assert (answer.status_code, focus(answer)[1]) == (422, [False])

    def test_nothing_is_scanned_once_it_is_counted(self, world):
        bag = world.shipped(2)
        client = client_of(world.operator)
        for code in codes_of(bag):
            assert focus(send(client, "chip_consignment", "scan", bag.number, follow=True, code=code))[0] == [
                "scan-code"
            ]
        done = send(client, "chip_consignment", "finish", bag.number, follow=True)
        assert focus(done) == ([], [])


class TestBinding:
    def test_a_refused_chip_is_scanned_again_and_a_refused_price_is_read_first(self, world):
        seal = made.engraved(made.submitted(world.clerk, made.request_for(world.shop)).seals.get(), world.clerk)
        client, here = client_of(world.clerk), reverse("shop_chip", args=[seal.code])
        answer = client.post(here, {"chip_uid": made.chip_of(made.shop()).uid, "chip_fen": "12.00"})
        assert (answer.status_code, focus(answer)) == (422, (["chip_uid"], [True]))
        answer = client.post(here, {"chip_uid": made.chip_of(world.shop).uid, "chip_fen": "999"})
        assert (answer.status_code, focus(answer)[1]) == (422, [False])
