"""Client and mock registry over real HTTP (登记机关契约)."""

from __future__ import annotations

import datetime as dt

import pytest
from stdnum.cn import ric, uscc

from integration.agency_http import Declined
from integration.business_registration.messages import BadRecord, FilingStatus, LicenceEvent, Operation, RegistryState
from integration.business_registration.mock_registry import areas, seed
from integration.mock_kit import codes
from sealreg.units import identifiers, synthetic

SHOP = {"uscc": synthetic.credit_code(7), "area": "440606"}
TODAY = dt.date(2026, 11, 24)


def order(registry, **fields):
    return registry.post("/_control/enterprises", fields)


def test_first_data_fills_every_city_with_well_formed_numbers():
    enterprises = [seed.invent(number) for number in range(seed.COUNT)]
    assert len(enterprises) >= 300
    assert {item.area[:4] for item in enterprises} == {code[:4] for code in areas.AREAS}
    assert len({item.area[:4] for item in enterprises}) == 21
    assert len({item.uscc for item in enterprises}) == len(enterprises)
    for item in enterprises:
        assert identifiers.read_credit_code(item.uscc) == item.uscc
        person = item.legal_representative
        assert identifiers.read_identity_number(person.id_number, today=TODAY) == person.id_number
        assert identifiers.read_phone(person.phone) == person.phone
        assert person.id_number.startswith("449999")
    assert enterprises == [seed.invent(number) for number in range(seed.COUNT)]


def test_two_independent_check_digit_codes_agree():
    for number in range(500):
        theirs, ours = seed.invent_credit_code(number), synthetic.credit_code(number)
        assert uscc.is_valid(theirs)
        assert identifiers.read_credit_code(theirs) == theirs
        assert codes.is_credit_code(ours)
        for place in range(18):
            wrong = ours[:place] + ("1" if ours[place] != "1" else "2") + ours[place + 1 :]
            assert not codes.is_credit_code(wrong)
        identity = synthetic.identity_number(number)
        assert codes.is_identity_number(identity)
        # python-stdnum knows real divisions only, so its check digit is asked alone.
        assert ric.calc_check_digit(identity) == identity[17]
        assert not codes.is_identity_number(identity[:16] + str((int(identity[16]) + 1) % 10) + identity[17])


def test_look_up(registry, registry_client):
    known = seed.invent(5)
    found = registry_client.enterprise(known.uscc)
    assert found is not None
    assert (found.name, found.version, found.area) == (known.name, 1, known.area)
    assert found.registry_state is RegistryState.ACTIVE
    assert found.established_on.isoformat() == known.established_on
    assert registry_client.enterprise(synthetic.credit_code(1)) is None
    named = registry_client.enterprises(known.name[6:])
    assert known.uscc in {item.uscc for item in named}
    assert registry_client.enterprises("%%") == []
    assert registry_client.enterprises("__") == []
    with pytest.raises(Declined) as no:
        registry_client.enterprises("佛")
    assert (no.value.status, no.value.code) == (400, "901")


def test_changes_are_complete_ordered_and_resumable(registry, registry_client):
    pages = list(registry_client.walk_changes(limit=100))
    changes = [change for page in pages for change in page.changes]
    assert not [change for change in changes if isinstance(change, BadRecord)]
    assert [change.uscc for change in changes] == [seed.invent(number).uscc for number in range(seed.COUNT)]
    assert [len(page.changes) for page in pages] == [100, 100, 100, 100, 20]
    again = registry_client.changes(pages[1].cursor, limit=100)
    assert again == pages[2]
    assert registry_client.changes(pages[-1].cursor).changes == []
    fresh = order(registry, area="440606")["enterprise"]
    (news,) = registry_client.changes(pages[-1].cursor).changes
    assert (news.uscc, news.version, news.op) == (fresh["uscc"], 1, Operation.UPSERT)


@pytest.mark.parametrize("cursor", ["x", "MS4wMDAwMDAwMA", "....", "%00", "A" * 400])
def test_made_up_cursor_is_refused(registry_client, cursor):
    with pytest.raises(Declined) as no:
        registry_client.changes(cursor)
    assert no.value.status == 400


def test_new_company_that_chose_a_shop_waits_in_the_exchange_table(registry, registry_client):
    answer = order(registry, area="440606", shop=SHOP, seals=[{"seal_type": "1"}, {"seal_type": "2", "count": 2}])
    rows = registry_client.exchange_rows(flag=0)
    assert [(row.seal_type, row.count, row.flag) for row in rows] == [("1", 1, 0), ("2", 2, 0)]
    assert {(row.unit_uscc, row.shop_uscc) for row in rows} == {(answer["enterprise"]["uscc"], SHOP["uscc"])}
    assert registry_client.exchange_rows(flag=0, after=rows[0].id) == rows[1:]
    assert registry_client.exchange_rows(flag=1) == []


def test_exchange_flag_follows_the_dictionary(registry, registry_client):
    code = order(registry, area="440606", shop=SHOP, seals=[{"seal_type": "1"}])["enterprise"]["uscc"]
    (row,) = registry_client.exchange_rows(flag=0)
    order(registry, uscc=code, name="改名之后有限公司")
    (changed,) = registry_client.exchange_rows(flag=0)  # changed while 0: stays 0
    assert (changed.id, changed.unit_name, changed.row_version) == (row.id, "改名之后有限公司", 2)
    with pytest.raises(Declined) as stale:
        registry_client.settle(row)
    assert (stale.value.status, stale.value.code) == (409, "906")
    assert registry_client.settle(changed).flag == 1
    assert registry_client.settle(changed).flag == 1
    with pytest.raises(Declined) as other:
        registry_client.settle(changed, failure="单位信息不全")
    assert other.value.code == "905"
    order(registry, uscc=code, address="新地址1号")
    (again,) = registry_client.exchange_rows(flag=3)  # changed while 1: becomes 3
    assert again.unit_address == "新地址1号"
    failed = registry_client.settle(again, failure="刻制企业与单位不在同一城市")
    assert (failed.flag, failed.reason) == (2, "刻制企业与单位不在同一城市")
    order(registry, uscc=code, address="新地址2号")
    assert [(item.flag, item.reason) for item in registry_client.exchange_rows(flag=0)] == [(0, "")]
    assert registry.stats()["exchange"] == {"0": 1}


def test_a_failure_needs_its_reason(registry):
    order(registry, area="440606", shop=SHOP, seals=[{"seal_type": "1"}])
    row = registry.get("/v1/exchange?flag=0")["rows"][0]
    status, answer = registry.ask(
        "POST", f"/v1/exchange/{row['id']}/result", b'{"flag": 2, "row_version": 1, "reason": " "}'
    )
    assert (status, answer["code"]) == (400, "901")


def test_results_are_called_back_once(registry, registry_client):
    message = FilingStatus(
        message_id="filing.filed:7K3MABCDEFGH:2",
        uscc=seed.invent(1).uscc,
        status="FILED",
        occurred_at=dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC),
        seal_codes=["4406060000001"],
    )
    assert registry_client.callback_receipt(message.message_id) is None
    receipt = registry_client.call_back(message)
    assert registry_client.call_back(message) == receipt
    assert registry_client.callback_receipt(message.message_id) == receipt
    other = FilingStatus(
        message_id=message.message_id, uscc=message.uscc, status="DELIVERED", occurred_at=message.occurred_at
    )
    with pytest.raises(Declined) as conflict:
        registry_client.call_back(other)
    assert (conflict.value.status, conflict.value.code) == (409, "905")
    stats = registry.stats()
    assert (stats["distinct_keys"], stats["conflicts"], stats["outcomes"]["repeat"]) == (1, 1, 1)
    assert stats["attempts"] == 3


def test_licence_recovery_is_notified_once(registry_client):
    event = LicenceEvent(
        message_id="licensing.recovered:1",
        shop_uscc=synthetic.credit_code(3),
        shop_name="某刻章店",
        event="RECOVERED",
        decided_on=TODAY,
        authority_no=440606,
        reason="连续六个月以上未经营",
    )
    receipt = registry_client.give_notice(event)
    assert registry_client.give_notice(event) == receipt
    assert registry_client.notice_receipt(event.message_id) == receipt
    assert registry_client.callback_receipt(event.message_id) is None


def test_deleted_enterprise(registry, registry_client):
    code = order(registry, area="441900")["enterprise"]["uscc"]
    order(registry, uscc=code, delete=True)
    assert registry_client.enterprise(code) is None
    last = [change for page in registry_client.walk_changes() for change in page.changes][-1]
    assert (last.op, last.uscc, last.version, last.enterprise) == (Operation.DELETE, code, 2, None)
    status, answer = registry.ask("POST", "/_control/enterprises", b'{"uscc": "%b", "delete": true}' % code.encode())
    assert (status, answer["code"]) == (404, "904")
    back = order(registry, uscc=code, name="恢复登记有限公司")["enterprise"]
    assert back["version"] == 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"uscc": 5}',
        b'{"uscc": "91440101000000000I"}',
        b'{"uscc": "914401010000000000"}',
        b'{"area": "110101"}',
        b'{"area": "440199"}',
        b'{"name": ""}',
        b'{"name": "a\\u0000b"}',
        b'{"name": "a\x00b"}',
        b'{"name": "' + b"x" * 101 + b'"}',
        '{"name": "甲"}'.encode("gbk"),
        b'{"nonsense": 1}',
        b'{"established_on": "2026-13-01"}',
        b'{"seals": [{"seal_type": "8"}]}',
        b"[" * 50_000,
        b'{"name": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
)
def test_bad_orders_are_refused_in_words(registry, body):
    before = registry.stats()["changes"]
    status, answer = registry.ask("POST", "/_control/enterprises", body)
    assert status == 400
    assert answer["message"]
    assert registry.stats()["changes"] == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("DELETE", "/v1/changes", 405),
        ("GET", "/v1/callbacks", 405),
        ("GET", "/v1/changes?limit=0", 400),
        ("GET", "/v1/changes?limit=x", 400),
        ("GET", "/v1/changes?limit=99999999999999999999", 400),
        ("GET", "/v1/enterprises?name=%FF%FE", 400),
        ("GET", "/v1/enterprises?name=a%00b", 400),
        ("GET", "/v1/enterprises?name=" + "x" * 600, 400),
        ("GET", "/v1/enterprises/" + "x" * 300, 404),
        ("GET", "/_control/records?kind=x", 400),
        ("POST", "/v1/exchange/x/result", 404),
        ("POST", "/v1/exchange/1e3/result", 404),
    ],
)
def test_bad_addresses_are_refused_in_words(registry, method, path, status):
    got, answer = registry.ask(method, path, b"{}" if method == "POST" else None)
    assert got == status
    assert answer["message"]


def test_records_are_paged(registry, registry_client):
    first = registry.get("/_control/records?kind=changes&limit=2")["records"]
    rest = registry.get(f"/_control/records?kind=changes&limit=500&after={first[-1]['sequence']}")["records"]
    assert len(first) + len(rest) == seed.COUNT
    assert registry.get("/_control/records")["records"] == []
