"""Photos of packaged chips (封装照片): taken in decoded and made anew, kept with the packaging, shown to few."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from chips.models import Chip, ChipAlarm, ChipPackaging
from chips.services import package_chip
from filing.services.making import bind_chip
from sealreg.accounts.choices import OrganisationKind
from sealreg.attachments.models import Attachment
from sealreg.clock import fixed_at
from sealreg.database.door import transaction
from sealreg.errors import Conflict
from tests.attachments.made import exif, jpeg
from tests.chips.world import NOW
from tests.factories import filing as made
from tests.factories.accounts import authority, office, person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _midday():
    with fixed_at(NOW):
        yield


@pytest.fixture
def chip(place):
    return made.chip_of(place)


def upload(name="body.jpg", data=b"", media="image/jpeg"):
    return SimpleUploadedFile(name, data or jpeg(), media)


def post(client, chip, *, body="B-1", **fields):
    data = {"act": "package", "package-chip_uid": chip.uid, "package-body_serial": body}
    return client.post(reverse("shop_chip_package"), data | {f"package-{key}": value for key, value in fields.items()})


def looked_at(user, photo):
    return client_of(user).get(reverse("attachment_preview", args=[photo.number]))


@pytest.fixture
def packaged(place, clerk, chip):
    assert post(client_of(clerk), chip, photo=upload()).status_code == 302
    return ChipPackaging.objects.get(chip=chip)


class TestUpload:
    def test_it_is_kept_with_the_packaging_and_made_anew(self, clerk, chip):
        assert post(client_of(clerk), chip, photo=upload(data=jpeg(exif=exif()))).status_code == 302
        photo = ChipPackaging.objects.get(chip=chip).photo
        assert (photo.kind, photo.subject_kind, photo.subject_id) == ("BODY_PHOTO", "chip", chip.uid)
        kept = Image.open(io.BytesIO(looked_at(clerk, photo).content))
        assert (kept.format, len(kept.getexif())) == ("JPEG", 0)

    def test_it_is_optional(self, clerk, chip):
        assert post(client_of(clerk), chip).status_code == 302
        assert ChipPackaging.objects.get(chip=chip).photo is None

    def test_what_is_no_picture_is_refused_at_the_field_and_nothing_is_packaged(self, clerk, chip):
        client = client_of(clerk)
        for wrong in (
            upload("body.jpg", b"<svg onload=alert(1)>"),
            upload("body.pdf", b"%PDF-1.7\n", "application/pdf"),
        ):
            answer = post(client, chip, photo=wrong)
            assert answer.status_code == 422
            assert 'id="id_package-photo_error"' in answer.content.decode()
        assert not ChipPackaging.objects.exists()

    def test_when_something_else_is_wrong_it_need_not_be_chosen_again(self, place, clerk, chip):
        client = client_of(clerk)
        assert post(client, made.chip_of(place)).status_code == 302
        answer = post(client, chip, photo=upload())  # the body is taken
        assert answer.status_code == 422
        kept = Attachment.objects.get()
        assert f'value="{kept.number}"' in answer.content.decode()
        assert post(client, chip, body="B-2", photo_number=kept.number).status_code == 302
        assert ChipPackaging.objects.get(chip=chip).photo == kept

    def test_a_photo_before_the_second_scan_waits_for_it(self, clerk, chip):
        answer = post(client_of(clerk), chip, body="", photo=upload())
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "已收到照片，请扫印章坯体序号。" in page
        assert Attachment.objects.get().number in page

    def test_one_photo_proves_one_chip(self, place, clerk, packaged):
        with pytest.raises(Conflict), transaction(clerk):
            package_chip(
                made.chip_of(place), shop=place, body_serial="B-3", by=clerk, at=NOW, photo=packaged.photo
            )  # fmt: skip
        assert ChipPackaging.objects.count() == 1

    def test_another_s_upload_is_not_taken(self, place, chip, packaged):
        other = made.clerk_of(place)
        theirs = made.paper("BODY_PHOTO", by=made.clerk_of(place))
        assert post(client_of(other), chip, body="B-9", photo_number=theirs.number).status_code == 422


class TestReaders:
    def test_shop_operator_depot_and_the_shops_police_look_at_it(self, place, clerk, packaged):
        county = authority(place.authority_no)
        for who in (
            clerk,
            person("operator_staff", place=office(OrganisationKind.OPERATOR, area=440000)),
            person("operator_staff", place=office(OrganisationKind.OPERATOR, area=place.city * 100)),
            person("county_officer", place=county.organisation),
        ):
            assert looked_at(who, packaged.photo).status_code == 200, who.role.key

    def test_nobody_else_does(self, packaged):
        for who in (
            made.clerk_of(made.shop()),
            person("operator_staff", place=office(OrganisationKind.OPERATOR, area=445100)),
            person("institute_staff", place=office(OrganisationKind.INSTITUTE)),
            person("county_officer", place=authority(440303).organisation),
            person("association_staff"),
            person("bank_teller"),
        ):
            assert looked_at(who, packaged.photo).status_code == 404, who.role.key

    def test_where_they_find_it(self, place, clerk, packaged):
        address = reverse("attachment_preview", args=[packaged.photo.number])
        assert address in client_of(clerk).get(reverse("shop_chip_package")).content.decode()
        operator = client_of(person("operator_staff", place=office(OrganisationKind.OPERATOR, area=440000)))
        assert address in operator.get(reverse("chip_packagings")).content.decode()
        alarm = ChipAlarm.objects.create(kind="MISMATCH", subject=packaged.chip.uid, raised_at=NOW)
        assert address in operator.get(reverse("chip_alarm", args=[alarm.number])).content.decode()
        seal = made.engraved(made.submitted(clerk, made.request_for(place)).seals.get(), clerk)
        bind_chip(seal, Chip.objects.get(pk=packaged.chip_id), by=clerk, at=NOW)
        filing = seal.filing.number
        assert address in client_of(clerk).get(reverse("shop_filing", args=[filing])).content.decode()
        officer = client_of(person("county_officer", place=authority(place.authority_no).organisation))
        assert address in officer.get(reverse("police_filing", args=[filing])).content.decode()


class TestOperatorsList:
    def test_it_is_searched_and_narrowed(self, place, clerk, packaged):
        other = made.chip_of(place)
        post(client_of(clerk), other, body="B-2")
        operator = client_of(person("operator_staff", place=office(OrganisationKind.OPERATOR, area=440000)))

        def found(**asked):
            page = operator.get(reverse("chip_packagings"), asked).content.decode()
            return {one.uid for one in (packaged.chip, other) if one.uid in page}

        assert found() == {packaged.chip.uid, other.uid}
        assert found(code="B-2") == {other.uid}
        assert found(code=packaged.chip.uid.lower(), photo="yes") == {packaged.chip.uid}
        assert found(photo="no") == {other.uid}
        assert found(code="没有") == set()

    def test_a_depot_sees_its_city_only_and_a_shop_has_no_such_page(self, clerk, packaged):
        elsewhere = client_of(person("operator_staff", place=office(OrganisationKind.OPERATOR, area=445100)))
        assert packaged.chip.uid not in elsewhere.get(reverse("chip_packagings")).content.decode()
        assert client_of(clerk).get(reverse("chip_packagings")).status_code == 403
