"""What the registry receives (订阅)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.standing import name_receiver
from integration.business_registration.calling_back import TOPICS, call_back
from integration.business_registration.licence_notices import TOPIC, give_notice
from sealreg.outbox.registry import Policy, subscribe

# Longer than the client's own limit for a whole call, so that the call ends first.
POLICY = Policy(max_attempts=40, first_delay=1, longest_delay=1800, timeout=35, lease=120, batch=10)

for topic in TOPICS:
    subscribe(topic, "business_registration", call_back, policy=POLICY)

subscribe(TOPIC, "business_registration", give_notice, policy=POLICY)
name_receiver("business_registration", _("登记机关"))
