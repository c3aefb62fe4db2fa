"""An institute that gives no answer (灌装机构无应答): no chip is lost to it, and the pages say what waits for what."""

import datetime as dt

import pytest
from django.urls import reverse

from chips.logistics.injection import TRY_EVERY, try_batch
from chips.models import ChipBatch
from chips.tasks import fill_batches
from sealreg.celery import app as celery
from sealreg.clock import fixed_at
from sealreg.errors import ServiceUnavailable
from tests.chips.test_injection import assert_sound
from tests.chips.test_logistics import statuses
from tests.chips.world import NOW
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db


class Silent:
    """An institute that gives no answer, or gives one again (灌装机构无应答)."""

    def __init__(self, world):
        self.world, self.down = world, True

    def injector(self, suite, version):
        return self

    def fill(self, uid, *, batch_no):
        if self.down:
            raise ServiceUnavailable("no answer", code="institute_silent")
        return self.world.injector.fill(uid, batch_no=batch_no)

    def look(self, uid):
        if self.down:
            raise ServiceUnavailable("no answer", code="institute_silent")
        return self.world.injector.look(uid)


class TestSilentInstitute:
    @pytest.fixture
    def institute(self, world, monkeypatch):
        found = Silent(world)
        monkeypatch.setattr("chips.logistics.injector._connected", [found])
        return found

    def test_it_costs_no_chip_and_the_batch_says_since_when(self, world, institute):
        batch = world.released(3)
        for minute in range(6):  # more often than a chip may be tried
            with fixed_at(NOW + dt.timedelta(minutes=minute)):
                assert fill_batches() == 0
        batch.refresh_from_db()
        assert (batch.status, batch.trouble, batch.trouble_since) == ("RELEASED", "institute_silent", NOW)
        assert batch.tried_at == NOW + dt.timedelta(minutes=5)
        assert "SCRAPPED" not in statuses(batch_no=batch.number)
        institute.down = False
        assert fill_batches() == 3
        batch.refresh_from_db()
        assert (batch.status, batch.trouble, batch.trouble_since) == ("FILLED", "", None)
        assert_sound(world, batch)

    def test_one_batch_held_up_holds_up_no_other(self, world, institute, settings):
        first, second = world.released(1), world.released(1, number="P2026-002")
        institute.injector = lambda suite, version: institute
        real, broken = institute.fill, first.number

        def fill(uid, *, batch_no):
            institute.down = batch_no == broken
            return real(uid, batch_no=batch_no)

        institute.fill = fill
        assert fill_batches() == 1
        assert [ChipBatch.objects.get(pk=one.pk).status for one in (first, second)] == ["RELEASED", "FILLED"]

    def test_a_try_by_hand_fills_a_part_only(self, world, institute):
        batch = world.released(5)
        institute.down = False
        assert try_batch(batch, by=world.filler, clock=lambda: NOW, most=1) == 5  # a chunk is the least
        institute.down, other = True, world.released(1, number="P2026-003")
        with pytest.raises(ServiceUnavailable):
            try_batch(other, by=world.filler, clock=lambda: NOW, most=1)

    def test_locked_keys_and_no_institute_are_told_apart(self, world, settings, monkeypatch):
        batch = world.released(1)
        settings.KEYSTORE_PASSPHRASE = "wrong"
        monkeypatch.setattr("chips.logistics.injector._connected", [Silent(world)])
        fill_batches()
        assert ChipBatch.objects.get(pk=batch.pk).trouble == "keystore_locked"
        monkeypatch.setattr("chips.logistics.injector._connected", [])
        fill_batches()
        assert ChipBatch.objects.get(pk=batch.pk).trouble == "institute_not_connected"

    def test_the_beat_keeps_what_the_page_promises(self):
        assert celery.conf.beat_schedule["chips.fill_batches"]["schedule"] == TRY_EVERY

    def test_the_pages_say_it_and_let_the_institute_try_now(self, world, institute):
        batch = world.released(2)
        with fixed_at(NOW):
            fill_batches()
            here = reverse("chip_batch", args=[batch.number])
            said = "起灌装受阻：灌装机构没有应答。"
            filler, operator = client_of(world.filler), client_of(world.operator)
            for page in (filler.get(here), filler.get(reverse("operator_chips")), operator.get(here)):
                assert said in page.content.decode()
                assert "系统每10秒自动再试" in page.content.decode()
            assert "现在试一次</button>" in filler.get(here).content.decode()
            assert "现在试一次</button>" not in operator.get(here).content.decode()
            assert operator.post(here, {"act": "try"}).status_code == 403
            again = filler.post(here, {"act": "try"}, follow=True).content.decode()
            assert "no answer" in again
            institute.down = False
            again = filler.post(here, {"act": "try"}, follow=True).content.decode()
            assert "本次灌装2枚" in again
            assert said not in again
            assert filler.post(here, {"act": "try"}).status_code == 409  # filled meanwhile
