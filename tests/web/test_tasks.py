"""Regular work of the page kit (网页组件定时任务)."""

import datetime as dt
import uuid

import pytest

from sealreg.clock import real_now
from sealreg.web.models import FormKey
from sealreg.web.tasks import KEPT, sweep


@pytest.mark.django_db
def test_only_keys_no_open_page_can_hold_are_dropped():
    now = real_now()
    for age in (dt.timedelta(), KEPT - dt.timedelta(hours=1), KEPT + dt.timedelta(hours=1)):
        FormKey.objects.create(owner="user:x", key=uuid.uuid4(), result="/", created_at=now - age)
    assert sweep() == 1
    assert FormKey.objects.count() == 2
