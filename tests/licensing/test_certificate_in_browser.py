"""The public page of a licence in Chromium (许可证查验页面): confirmed, outdated, forged, unknown; at both widths."""

import pytest

from licensing.certificate import content_of, sign
from licensing.models import SpecialTradeLicence
from tests.browser import LANGUAGES, WIDTHS, assert_accessible, assert_fits
from tests.factories import licensing as made


@pytest.mark.journey
def test_the_public_page_is_accessible_and_fits(live_site, pages):
    licence = made.licence(made.cast(), handover="ELECTRONIC")
    good = sign(content_of(licence, at=made.TUESDAY_TEN))
    SpecialTradeLicence.objects.filter(pk=licence.pk).update(address="大良街道新路1号")
    here = f"/licences/{licence.number}/"
    looks = (here, f"{here}?proof={good}", f"{here}?proof=a.b.c", "/licences/x/")
    for width in WIDTHS:
        for language in LANGUAGES:
            for path in looks:
                page = pages(width=width, language=language)
                assert page.goto(path).status == 200
                assert_accessible(page)
                assert_fits(page)
                page.context.close()
