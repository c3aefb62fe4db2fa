"""What the Ministry receives (订阅)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.standing import name_receiver
from integration.ministry.push import ACTS, CORRECTED, push_corrected, push_seal
from sealreg.outbox.registry import Policy, subscribe

# Longer than the client's own limit for a whole call, so that the call ends first.
POLICY = Policy(max_attempts=40, first_delay=1, longest_delay=1800, timeout=20, lease=90, batch=10)

for topic in ACTS:
    subscribe(topic, "ministry", push_seal, policy=POLICY)
subscribe(CORRECTED, "ministry", push_corrected, policy=POLICY)
name_receiver("ministry", _("公安部平台"))
