"""The registry named in settings (登记机关连接), one client per process and purpose."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

from integration.agency_http import Limits
from integration.breaker import Breaker
from integration.business_registration.client import RegistryClient

# A person waits for a look-up, so it gives up early; a job of ours may take its time.
PATIENT = Limits(connect=3, read=10, write=10, total=30)
QUICK = Limits(connect=0.8, read=1.5, write=1.5, pool=0.5, total=2.0)

look_up_breaker = Breaker()


def registry_client(limits: Limits = PATIENT) -> RegistryClient:
    """The client for the address in settings (登记机关客户端)."""
    return _client(settings.REGISTRY_URL, settings.REGISTRY_CA_FILE, limits)


@lru_cache(maxsize=8)
def _client(url: str, ca_file: str, limits: Limits) -> RegistryClient:
    return RegistryClient(url, allowed_hosts=[urlsplit(url).hostname or ""], limits=limits, ca_file=ca_file)
