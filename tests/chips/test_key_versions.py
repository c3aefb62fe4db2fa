"""Which key version a batch may be filled from (批次所用密钥版本): the one in use."""

import pytest
from django.urls import reverse

from chips.keys.keystore import Keystore, KeystoreLocked
from chips.keys.models import KeyVersion
from chips.logistics.injection import fill_batch, try_batch
from chips.logistics.injector import connect
from chips.logistics.making import allocate_batch, import_manifest, release_batch
from chips.models import Chip, ChipBatch, InjectionIntent
from chips.tasks import fill_batches
from sealreg.clock import fixed_at
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.errors import RuleBroken, ServiceUnavailable
from sealreg.workflow.advance import advance
from tests.chips.test_logistics import statuses
from tests.chips.test_pages import send
from tests.chips.world import NOW, SUITE
from tests.factories.chips import uids
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
CUSTODIANS = SystemActor("test-custodians")
WAYS = {
    "PRE_ACTIVE": (),
    "ACTIVE": ("activate_key",),
    "VERIFY_ONLY": ("activate_key", "retire_key"),
    "COMPROMISED": ("activate_key", "compromise_key"),
    "DESTROYED": ("activate_key", "retire_key", "destroy_key"),
}


def move(key, verb):
    told = {"activated_at": NOW} if verb == "activate_key" else {"ended_at": NOW}
    with transaction(CUSTODIANS):
        return advance(key, verb, by=CUSTODIANS, at=NOW, **told)


def version(number, status, *, suite=SUITE):
    """A version of the province's verification key, in a status its ceremonies brought it to."""
    with transaction(CUSTODIANS):
        key = KeyVersion.objects.create(
            purpose="VERIFY", suite=suite, key_version=number, check_value="A1B2C3", taken_at=NOW
        )
    for verb in WAYS[status]:
        key = move(key, verb)
    return key


def allocate(world, *, key_version):
    lot = import_manifest(uids(2), maker="测试厂", lot_no="L-1", suite=SUITE, by=world.filler, at=NOW)
    about = {"number": "P-001", "agreement": world.agreement, "by": world.filler, "at": NOW}
    return allocate_batch(lot, 2, key_version=key_version, **about)


class TestAllocating:
    @pytest.mark.parametrize("status", [name for name in WAYS if name != "ACTIVE"])
    def test_only_the_version_in_use(self, world, status):
        version(1, status)
        with pytest.raises(RuleBroken) as refused:
            allocate(world, key_version=1)
        assert (refused.value.reason, list(refused.value.fields)) == ("key_not_active", ["key_version"])
        assert not ChipBatch.objects.exists()
        assert set(Chip.objects.values_list("batch_no", flat=True)) == {""}

    def test_none_nobody_ever_took_in_and_none_of_another_suite(self, world):
        version(1, "ACTIVE", suite="AES-CMAC")
        for number in (1, 9):
            with pytest.raises(RuleBroken) as refused, transaction(world.filler):
                allocate(world, key_version=number)
            assert refused.value.reason == "key_not_active"

    def test_the_page_says_it_at_the_field_and_offers_the_version_in_use(self, world):
        version(3, "ACTIVE")
        lot = import_manifest(uids(2), maker="测试厂", lot_no="L-1", suite=SUITE, by=world.filler, at=NOW)
        client = client_of(world.filler)
        with fixed_at(NOW):
            assert 'value="3"' in client.get(reverse("chip_batch_allocate")).content.decode()
            about = {"lot": lot.pk, "number": "P-001", "quantity": 2, "agreement": world.agreement.pk}
            answer = send(client, "chip_batch_allocate", "allocate", key_version=1, **about)
            assert answer.status_code == 422
            assert "第1版密钥不在用" in answer.content.decode()
            assert 'id="id_allocate-key_version_error"' in answer.content.decode()
            assert send(client, "chip_batch_allocate", "allocate", key_version=3, **about).status_code == 302


class TestAfterwards:
    def test_a_version_that_went_out_of_use_meanwhile_is_not_released(self, world):
        key = version(1, "ACTIVE")
        batch = allocate(world, key_version=1)
        move(key, "retire_key")
        with pytest.raises(RuleBroken) as refused:
            release_batch(batch, by=world.releaser, at=NOW)
        assert refused.value.reason == "key_not_active"
        batch.refresh_from_db()
        assert batch.status == "ALLOCATED"

    def test_a_leak_stops_the_filling_before_its_next_chips_and_the_batch_says_why(self, world, monkeypatch):
        monkeypatch.setattr("chips.logistics.injector._connected", [])
        connect(lambda suite, version: world.injector, lambda: world.signer)
        key = version(1, "ACTIVE")
        batch = release_batch(allocate(world, key_version=1), by=world.releaser, at=NOW)
        move(key, "compromise_key")
        with fixed_at(NOW):
            assert fill_batches() == 0
            batch.refresh_from_db()
            assert (batch.status, batch.trouble) == ("RELEASED", "key_not_active")
            assert statuses(batch_no=batch.number) == {"MANUFACTURED"}
            page = client_of(world.filler).get(reverse("chip_batch", args=[batch.number])).content.decode()
        assert "该版本密钥已不能用于灌装" in page

    def test_a_planned_change_lets_a_batch_under_way_end(self, world):
        key = version(1, "ACTIVE")
        batch = release_batch(allocate(world, key_version=1), by=world.releaser, at=NOW)
        move(key, "retire_key")
        assert fill_batch(batch, world.injector, by=world.filler, clock=lambda: NOW) == 2

    def test_a_master_the_store_lacks_touches_no_card_and_holds_up_no_other_batch(self, world, monkeypatch):
        monkeypatch.setattr("chips.logistics.injector._connected", [])
        connect(lambda suite, version: world.injector, lambda: world.signer)
        lacking = release_batch(allocate(world, key_version=7), by=world.releaser, at=NOW)
        other = world.released(1)
        with fixed_at(NOW):
            assert fill_batches() == 1
        lacking.refresh_from_db()
        other.refresh_from_db()
        assert (lacking.trouble, other.status) == ("keystore_locked", "FILLED")
        assert not InjectionIntent.objects.filter(batch=lacking).exists()

    def test_a_store_that_locks_in_the_middle_is_told_and_the_rest_waits(self, world, monkeypatch):
        def locked(self, **given):
            raise KeystoreLocked("gone")

        monkeypatch.setattr("chips.logistics.injector._connected", [])
        connect(lambda suite, version: world.injector, lambda: world.signer)
        batch = world.released(3)
        with monkeypatch.context() as patched:
            patched.setattr(Keystore, "chip_check_value", locked)
            with pytest.raises(ServiceUnavailable) as told:
                try_batch(batch, by=world.filler, clock=lambda: NOW)
        assert told.value.reason == "keystore_locked"
        batch.refresh_from_db()
        assert (batch.trouble, statuses(batch_no=batch.number)) == ("keystore_locked", {"INJECTING"})
        assert try_batch(batch, by=world.filler, clock=lambda: NOW) == 3
        assert statuses(batch_no=batch.number) == {"INJECTED"}
