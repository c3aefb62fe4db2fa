"""Many checks at once: short lists now, long ones from a queue no death of a worker can lose (批量核验)."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings

from integration.verification_api import batches
from integration.verification_api.models import CheckBatch, CheckBatchItem, SealCheck
from integration.verification_api.tasks import work
from sealreg.clock import real_now
from tests.integration.verification_api import made

TARGET = "/api/v1/seal-checks/batch"


def items_about(seal, count: int) -> list[dict]:
    return [made.question(seal, seal_code=f"440606{5_000_000 + number}") for number in range(count)]


@pytest.mark.django_db
class TestAtOnce:
    def test_each_item_has_its_own_answer_or_error(self):
        good, lost, caller = made.seal(), made.seal("LOST"), made.bank()
        items = [made.question(good), {"seal_code": "1"}, made.question(lost), 7, None]
        response = caller.call("POST", TARGET, {"items": items})
        assert response.status_code == 200
        results = response.json()["results"]
        assert [one["index"] for one in results] == [0, 1, 2, 3, 4]
        assert [results[place]["answer"]["verdict"] for place in (0, 2)] == ["valid", "not_valid"]
        assert set(results[1]["error"]["fields"]) == {"seal_code", "uscc", "purpose"}
        assert results[3]["error"]["code"] == "item_malformed"
        number = results[2]["answer"]["consultation_number"]
        kept = caller.call("GET", f"/api/v1/seal-checks/{number}").content
        assert kept in response.content

    @pytest.mark.parametrize("data", [{}, {"items": []}, {"items": "x"}, [], {"items": [{}] * 10_001}])
    def test_a_list_that_is_none_is_refused(self, data):
        response = made.bank().call("POST", TARGET, data)
        assert response.status_code == 422
        assert set(response.json()["fields"]) == {"items"}

    def test_the_same_key_does_it_once(self):
        caller, items = made.bank(), [made.question(made.seal())]
        first = caller.call("POST", TARGET, {"items": items}, idempotency="k")
        assert caller.call("POST", TARGET, {"items": items}, idempotency="k").content == first.content
        assert SealCheck.objects.count() == 1


@pytest.mark.django_db
class TestQueue:
    def test_a_long_list_is_worked_off_with_progress(self):
        caller = made.bank()
        items = [*items_about(made.seal(), 100), {"seal_code": "1"}]
        response = caller.call("POST", TARGET, {"items": items}, idempotency="k")
        assert (response.status_code, response.json()["state"]) == (202, "running")
        where = response["Location"]
        assert caller.call("POST", TARGET, {"items": items}, idempotency="k")["Location"] == where
        assert CheckBatch.objects.count() == 1
        turns = itertools.chain([True], itertools.repeat(False))
        assert batches.work_on_batches(now=real_now, go_on=lambda: next(turns), chunk=30) == 30
        half = caller.call("GET", where).json()
        assert (half["state"], half["done"], half["total"], len(half["results"])) == ("running", 30, 101, 30)
        assert work() == 71
        done = caller.call("GET", f"{where}?limit=60").json()
        assert (done["state"], done["done"], len(done["results"]), done["next"]) == ("done", 101, 60, 60)
        rest = caller.call("GET", f"{where}?limit=60&after={done['next']}").json()
        assert [one["index"] for one in rest["results"]] == list(range(60, 101))
        assert rest["next"] is None
        assert set(rest["results"][-1]["error"]["fields"]) == {"seal_code", "uscc", "purpose"}
        assert SealCheck.objects.count() == 100
        assert work() == 0

    def test_only_its_client_sees_it(self):
        caller = made.bank()
        where = caller.call("POST", TARGET, {"items": items_about(made.seal(), 101)})["Location"]
        assert made.bank().call("GET", where).status_code == 404
        assert caller.call("GET", f"{where}?after=x").status_code == 422
        assert caller.call("GET", f"{where}?limit=999").status_code == 422


_WORKER = """
import django; django.setup()
from integration.verification_api.batches import work_on_batches
from sealreg.clock import real_now
print("ready", flush=True)
work_on_batches(now=real_now, go_on=lambda: True, chunk=5)
"""


def test_a_killed_worker_loses_and_doubles_nothing(own_database):
    caller = made.bank()
    where = caller.call("POST", TARGET, {"items": items_about(made.seal(), 400)})["Location"]
    address = urlsplit(os.environ["SEALREG_DATABASE_URL"])._replace(path=f"/{own_database}").geturl()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "sealreg.settings.test",
        "SEALREG_DATABASE_URL": address,
    }
    command = [sys.executable, "-c", _WORKER]
    with subprocess.Popen(
        command, env=environment, cwd=Path(django_settings.BASE_DIR), stdout=subprocess.PIPE, text=True
    ) as worker:
        try:
            assert worker.stdout is not None
            assert worker.stdout.readline().strip() == "ready"
            until = time.monotonic() + 60
            while not CheckBatchItem.objects.filter(done=True).exists():
                assert worker.poll() is None
                assert time.monotonic() < until
        finally:
            worker.send_signal(signal.SIGKILL)
    done = CheckBatchItem.objects.filter(done=True).count()
    assert 0 < done < 400
    assert SealCheck.objects.count() == done
    batches.work_on_batches(now=real_now, go_on=lambda: True)
    assert caller.call("GET", where).json()["state"] == "done"
    numbers = CheckBatchItem.objects.values_list("check_number", flat=True)
    assert set(numbers) == set(SealCheck.objects.values_list("number", flat=True))
    assert SealCheck.objects.count() == 400
