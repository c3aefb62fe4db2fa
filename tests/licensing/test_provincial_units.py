"""Units of the provincial department (省厅各单位, demand 8): each has a role that reads the province, none acts.

The legal unit reads every file of a sanction or a recall, and nobody's identity documents.
"""

import pytest

from licensing.access import may_read_application, may_read_change, may_see_papers
from licensing.models import IdleCase, LicenceApplication, RevocationProposal, SpecialTradeLicence
from licensing.services.licences import propose_revocation
from licensing.services.reveals import reveal_stated
from licensing.services.staff import reveal_staff
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.roles import ROLES, Permission
from sealreg.audit.models import ReadLog
from sealreg.errors import OutsideJurisdiction
from tests.factories import licensing as made
from tests.factories.accounts import person

pytestmark = pytest.mark.django_db
AT = made.TUESDAY_TEN
# 法制总队, 科信处, 警保部, 改革办; the office of the group is the 治安局, whose people are the province's officers.
READERS = ("legal_reader", "science_reader", "equipment_reader", "reform_reader")


def test_every_unit_of_the_group_has_its_role():
    held = {key for key, role in ROLES.items() if OrganisationKind.PROVINCE_UNIT in role.kinds and role.reads_province}
    assert held == set(READERS)
    for key in held:
        assert {Permission.HANDLE_LICENCES, Permission.DECIDE_LICENCES, Permission.RETURN_FILINGS}.isdisjoint(
            ROLES[key].permissions
        )


@pytest.mark.parametrize("role", [*READERS, "province_officer"])
def test_they_read_every_file_of_every_city_and_only_officers_see_papers(role):
    for area in (440606, 441900):
        who = made.cast(area)
        licence = made.licence(who)
        propose_revocation(licence, ground="DECEIT", reason="材料虚假", by=who.officer, at=AT)
        made.decided_case(made.licence(made.cast(area)), by=who.chief)
    by = person(role)
    assert RevocationProposal.objects.visible_to(by).count() == 2
    assert IdleCase.objects.visible_to(by).count() == 2
    assert SpecialTradeLicence.objects.visible_to(by).count() == 4
    application = LicenceApplication.objects.first()
    shop = licence.shop
    officer = role == "province_officer"
    assert may_see_papers(by) is may_read_application(by, application.number) is officer
    assert not may_read_change(by, "")
    for look in (
        lambda: reveal_stated(application, purpose="核对案卷", by=by, at=AT),
        lambda: reveal_staff(shop, purpose="核对案卷", by=by, at=AT),
    ):
        if officer:
            look()
        else:
            with pytest.raises(OutsideJurisdiction):
                look()
    assert ReadLog.objects.filter(actor_id=by.number).count() == (2 if officer else 0)
