"""Ceremonies need two persons, expire, leave minutes, and change all or nothing (密钥仪式)."""

import datetime as dt
import threading

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F

from chips.keys.choices import KeyAct, KeyPurpose, MinuteStep
from chips.keys.keystore import KeyName, current_keystore
from chips.keys.minutes import faults_in
from chips.keys.models import KeyCeremony, KeyMinute, KeyVersion
from chips.keys.rules import acts_for
from chips.keys.selectors import active_key, ceremonies_for, minutes_of, next_version
from chips.keys.services import perform_ceremony, propose_ceremony, refuse_ceremony
from sealreg.audit.models import AuditEvent
from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor
from sealreg.errors import Conflict, IllegalMove, OutsideJurisdiction, RuleBroken, ServiceUnavailable
from sealreg.notices.models import Notice
from tests.factories.accounts import person
from tests.factories.keys import MINUTE, Delivery, custody

NOW = dt.datetime(2026, 6, 9, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture
def two(db, settings, tmp_path):
    return custody(settings, tmp_path, at=NOW)


def imported(two, **fields) -> KeyVersion:
    return two.take_in(Delivery(**fields))


class TestTwoPeople:
    def test_nobody_confirms_his_own(self, two):
        ceremony = two.propose_import(Delivery())
        with pytest.raises(OutsideJurisdiction) as caught:
            perform_ceremony(ceremony, by=two.first, at=NOW + MINUTE)
        assert caught.value.reason == "second_person_needed"
        assert KeyVersion.objects.count() == 0

    def test_the_database_refuses_one_person_twice(self, two):
        ceremony = two.propose_import(Delivery())
        rows = KeyCeremony.objects.filter(pk=ceremony.pk)
        with pytest.raises(IntegrityError, match="ceremony_two_people"), transaction.atomic():
            rows.update(status="PERFORMED", version=F("version") + 1, ended_at=NOW, confirmed_by=two.first)
        with pytest.raises(IntegrityError, match="ceremony_performed_iff_confirmed"), transaction.atomic():
            rows.update(status="PERFORMED", version=F("version") + 1, ended_at=NOW)

    @pytest.mark.parametrize("role", ["operator_staff", "system_administrator", "institute_staff", "shop_manager"])
    def test_only_custodians(self, two, role):
        with pytest.raises(OutsideJurisdiction):
            propose_ceremony(KeyAct.SIGNING, reason="x", by=person(role), at=NOW)
        ceremony = two.propose(KeyAct.SIGNING)
        for act in (perform_ceremony, lambda *a, **k: refuse_ceremony(*a, reason="x", **k)):
            with pytest.raises(OutsideJurisdiction):
                act(ceremony, by=person(role), at=NOW)
        assert not ceremonies_for(person(role)).exists()

    def test_no_job_of_ours_holds_one(self, two):
        with pytest.raises(OutsideJurisdiction):
            propose_ceremony(KeyAct.SIGNING, reason="x", by=SystemActor("beat"), at=NOW)

    def test_the_other_custodian_is_told_and_nobody_else(self, two):
        stranger = person("operator_staff")
        ceremony = two.propose_import(Delivery())
        told = Notice.objects.filter(template="keys.ceremony_proposed")
        assert [notice.user for notice in told] == [two.second]
        assert ceremony.number in told[0].link
        assert not Notice.objects.filter(user=stranger).exists()


class TestTime:
    def test_a_quarter_of_an_hour_and_not_longer(self, two):
        sent = Delivery()
        ceremony = two.propose_import(sent)
        with pytest.raises(RuleBroken) as caught:
            perform_ceremony(
                ceremony, by=two.second, at=NOW + 15 * MINUTE + dt.timedelta(seconds=1), **sent.envelope(1)
            )
        assert caught.value.reason == "ceremony_too_late"
        assert perform_ceremony(ceremony, by=two.second, at=NOW + 15 * MINUTE, **sent.envelope(1)).key is not None

    def test_the_database_knows_the_limit_too(self, two):
        ceremony = two.propose(KeyAct.SIGNING)
        with pytest.raises(IntegrityError, match="ceremony_ends_in_time"), transaction.atomic():
            KeyCeremony.objects.filter(pk=ceremony.pk).update(
                status="PERFORMED", version=2, confirmed_by=two.second, ended_at=NOW + 16 * MINUTE
            )

    def test_the_next_proposal_ends_the_overdue_one_and_forgets_its_half(self, two):
        sent = Delivery()
        late = two.propose_import(sent)
        two.at = NOW + 20 * MINUTE
        two.take_in(sent)
        late.refresh_from_db()
        assert late.status == "TIMED_OUT"
        assert [one.step for one in minutes_of(late)] == ["PROPOSED", "COMPONENT_ONE", "TIMED_OUT"]


class TestImport:
    def test_a_key_comes_in_before_it_is_used(self, two):
        sent = Delivery(version=3)
        key = two.take_in(sent)
        assert (key.status, key.key_version, key.check_value, key.suite) == ("PRE_ACTIVE", 3, sent.check, "SM4-CMAC")
        assert current_keystore().check_value(KeyName("VERIFY", "SM4-CMAC", 3)) == sent.check
        assert next_version(KeyPurpose.VERIFY) == 4
        assert [one.step for one in minutes_of(KeyCeremony.objects.get())] == [
            "PROPOSED", "COMPONENT_ONE", "CONFIRMED", "COMPONENT_TWO", "KEY_CHECKED",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"province": "45"}, "key_block_refused"),
            ({"exportable": True}, "key_block_refused"),
        ],
    )
    def test_only_blocks_for_this_province_that_never_leave(self, two, fields, code):
        with pytest.raises(RuleBroken) as caught:
            two.propose_import(Delivery(**fields))
        assert caught.value.reason == code
        assert "block" in caught.value.fields

    @pytest.mark.parametrize("block", ["", "D0144", "x" * 400, "中文", "D\0"])
    def test_nonsense_is_no_block(self, two, block):
        sent = Delivery()
        with pytest.raises(RuleBroken) as caught:
            two.propose(KeyAct.IMPORT, block=block, check=sent.check, **sent.envelope(0))
        assert caught.value.reason == "key_block_refused"

    def test_a_half_that_does_not_fit_its_check_value_is_seen_at_once(self, two):
        sent = Delivery()
        wrong = {"component": sent.halves[0], "component_check": "000000"}
        with pytest.raises(RuleBroken) as caught:
            two.propose(KeyAct.IMPORT, block=sent.block, check=sent.check, **wrong)
        assert caught.value.reason == "component_wrong"
        ceremony = two.propose_import(sent)
        for half in ({}, {"component": b"short", "component_check": "000000"}, wrong):
            with pytest.raises(RuleBroken):
                perform_ceremony(ceremony, by=two.second, at=NOW + MINUTE, **half)

    def test_the_wrong_envelope_changes_nothing_and_may_be_tried_again(self, two):
        sent, other = Delivery(), Delivery()
        ceremony = two.propose_import(sent)
        with pytest.raises(RuleBroken) as caught:
            perform_ceremony(ceremony, by=two.second, at=NOW + MINUTE, **other.envelope(1))
        assert caught.value.reason == "key_block_refused"
        assert KeyVersion.objects.count() == 0
        assert current_keystore().names() == []
        ceremony.refresh_from_db()
        assert ceremony.status == "PROPOSED"
        assert perform_ceremony(ceremony, by=two.second, at=NOW + MINUTE, **sent.envelope(1)).key is not None

    def test_the_check_value_of_the_list_must_be_the_keys(self, two):
        sent = Delivery()
        ceremony = two.propose(KeyAct.IMPORT, block=sent.block, check="ABCDEF", **sent.envelope(0))
        with pytest.raises(RuleBroken) as caught:
            perform_ceremony(ceremony, by=two.second, at=NOW + MINUTE, **sent.envelope(1))
        assert caught.value.reason == "key_block_refused"

    def test_a_number_is_given_once(self, two):
        imported(two, version=1)
        with pytest.raises(RuleBroken) as caught:
            two.propose_import(Delivery(version=1))
        assert caught.value.reason == "key_number_taken"
        assert imported(two, version=1, purpose="MANAGE").purpose == "MANAGE"

    def test_a_locked_store_says_so_and_leaves_no_ceremony(self, two, settings):
        imported(two)
        settings.KEYSTORE_PASSPHRASE_2 = "wrong gate"
        with pytest.raises(ServiceUnavailable) as caught:
            two.propose_import(Delivery(version=2))
        assert caught.value.reason == "keystore_locked"
        assert KeyCeremony.objects.filter(status="PROPOSED").count() == 0


class TestVersions:
    def test_rotation_retires_the_version_in_use(self, two):
        first, second = imported(two, version=1), imported(two, version=2)
        assert two.hold(KeyAct.ACTIVATE, first).status == "ACTIVE"
        assert two.hold(KeyAct.ACTIVATE, second).status == "ACTIVE"
        first.refresh_from_db()
        assert (first.status, first.ended_at) == ("VERIFY_ONLY", NOW + MINUTE)
        assert active_key(KeyPurpose.VERIFY) == second
        assert current_keystore().check_value(KeyName("VERIFY", "SM4-CMAC", 1)) == first.check_value

    def test_the_database_allows_one_active_version_a_purpose(self, two):
        first, second = imported(two, version=1), imported(two, version=2)
        two.hold(KeyAct.ACTIVATE, first)
        with pytest.raises(IntegrityError, match="key_one_active_per_purpose"), transaction.atomic():
            KeyVersion.objects.filter(pk=second.pk).update(status="ACTIVE", version=2, activated_at=NOW)
        assert two.hold(KeyAct.ACTIVATE, imported(two, version=1, purpose="MANAGE")).status == "ACTIVE"

    def test_a_destroyed_key_is_gone_from_the_store(self, two):
        key = imported(two)
        assert two.hold(KeyAct.DESTROY, key).status == "DESTROYED"
        assert current_keystore().names() == []
        assert key.check_value == KeyVersion.objects.get().check_value

    @pytest.mark.parametrize(
        ("status", "acts"),
        [
            ("PRE_ACTIVE", {"ACTIVATE", "COMPROMISE", "DESTROY"}),
            ("ACTIVE", {"COMPROMISE"}),
            ("VERIFY_ONLY", {"COMPROMISE", "DESTROY"}),
            ("COMPROMISED", {"DESTROY"}),
            ("DESTROYED", set()),
        ],
    )
    def test_what_may_be_proposed(self, db, status, acts):
        key = KeyVersion(purpose="VERIFY", key_version=1, status=status)
        assert {str(act) for act in acts_for(key)} == acts

    def test_an_impossible_act_is_refused_when_proposed_and_when_confirmed(self, two):
        key = imported(two)
        activating = two.propose(KeyAct.ACTIVATE, key)
        with pytest.raises(Conflict) as caught:
            two.propose(KeyAct.DESTROY, key)
        assert caught.value.reason == "ceremony_open"
        perform_ceremony(activating, by=two.second, at=NOW + MINUTE)
        key.refresh_from_db()
        for act in (KeyAct.ACTIVATE, KeyAct.DESTROY):
            with pytest.raises(RuleBroken) as refused:
                two.propose(act, key)
            assert refused.value.reason == "key_act_impossible"

    def test_a_ceremony_is_performed_once(self, two):
        key = imported(two)
        ceremony = two.propose(KeyAct.ACTIVATE, key)
        again = KeyCeremony.objects.get(pk=ceremony.pk)
        perform_ceremony(ceremony, by=two.second, at=NOW + MINUTE)
        with pytest.raises((Conflict, IllegalMove, RuleBroken)):
            perform_ceremony(again, by=two.second, at=NOW + MINUTE)

    def test_a_key_that_is_not_the_one_of_the_register_is_not_activated(self, two):
        key = imported(two)
        KeyVersion.objects.filter(pk=key.pk).update(check_value="123456")
        key.refresh_from_db()
        ceremony = two.propose(KeyAct.ACTIVATE, key)
        with pytest.raises(RuleBroken) as caught:
            perform_ceremony(ceremony, by=two.second, at=NOW + MINUTE)
        assert caught.value.reason == "key_check_wrong"

    def test_a_declared_leak_reaches_the_operators_too(self, two):
        staff = person("operator_staff")
        two.hold(KeyAct.COMPROMISE, imported(two))
        assert Notice.objects.filter(user=staff, template="keys.compromise_key").count() == 1


class TestRefusing:
    @pytest.mark.parametrize("who", ["first", "second"])
    def test_either_ends_a_proposal_without_effect(self, two, who):
        sent = Delivery()
        ceremony = refuse_ceremony(two.propose_import(sent), reason="信封破损", by=getattr(two, who), at=NOW + MINUTE)
        assert (ceremony.status, KeyVersion.objects.count()) == ("REFUSED", 0)
        again = two.propose_import(sent)
        with pytest.raises(IllegalMove):
            perform_ceremony(ceremony, by=two.second, at=NOW + MINUTE, **sent.envelope(1))
        assert perform_ceremony(again, by=two.second, at=NOW + MINUTE, **sent.envelope(1)).key is not None


class TestMinutes:
    def test_they_are_chained_and_signed(self, two):
        two.hold(KeyAct.SIGNING)
        two.take_in(Delivery())
        for ceremony in KeyCeremony.objects.all():
            lines = minutes_of(ceremony)
            assert lines[-1].step == MinuteStep.SIGNED
            assert faults_in(ceremony, lines) == []

    @pytest.mark.parametrize("field", ["actor_name", "actor_id", "facts", "at", "step", "line", "previous", "sha256"])
    def test_a_changed_line_is_seen(self, two, field):
        two.hold(KeyAct.SIGNING)
        two.take_in(Delivery())
        ceremony = KeyCeremony.objects.get(act="IMPORT")
        other = {"facts": {"check": "FFFFFF"}, "at": NOW - MINUTE, "line": 9}.get(field, "别人")
        for place in range(len(minutes_of(ceremony))):
            lines = list(minutes_of(ceremony))
            setattr(lines[place], field, other)
            assert lines[place].line in faults_in(ceremony, lines)

    def test_a_missing_line_is_seen(self, two):
        two.take_in(Delivery())
        ceremony = KeyCeremony.objects.get()
        lines = list(minutes_of(ceremony))
        assert faults_in(ceremony, lines) == []
        assert faults_in(ceremony, lines[:1] + lines[2:]) != []

    def test_a_forged_signature_is_seen(self, two):
        two.hold(KeyAct.SIGNING)
        ceremony = KeyCeremony.objects.get()
        lines = list(minutes_of(ceremony))
        good = lines[-1].facts["signature"]
        lines[-1].facts["signature"] = good[:-2] + ("00" if good[-2:] != "00" else "01")
        assert faults_in(ceremony, lines) == [lines[-1].line]

    @pytest.mark.parametrize("sql", ["UPDATE keys_keyminute SET actor_name = 'x'", "DELETE FROM keys_keyminute"])
    def test_nobody_changes_them_in_the_database(self, two, sql):
        two.propose(KeyAct.SIGNING)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
        assert KeyMinute.objects.count() == 1

    def test_every_step_is_in_the_audit_too(self, two):
        two.hold(KeyAct.ACTIVATE, imported(two))
        events = set(AuditEvent.objects.values_list("event", flat=True))
        assert {"keys.ceremony_proposed", "keys.perform_ceremony", "keys.activate_key"} <= events


def test_two_confirmations_at_once_make_one_key(own_database, settings, tmp_path):
    two = custody(settings, tmp_path, at=NOW)
    sent = Delivery()
    ceremony = two.propose_import(sent)
    third = person("key_custodian")
    start, results = threading.Barrier(2), []

    def confirm(who):
        start.wait()
        try:
            perform_ceremony(KeyCeremony.objects.get(pk=ceremony.pk), by=who, at=NOW + MINUTE, **sent.envelope(1))
            results.append("done")
        except (Conflict, IllegalMove, RuleBroken):
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm, args=(who,)) for who in (two.second, third)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["done", "refused"]
    assert KeyVersion.objects.count() == 1
