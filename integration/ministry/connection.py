"""The Ministry's platform named in settings (公安部平台连接), one client per process."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

from integration.agency_http import Limits
from integration.ministry.client import MinistryClient

PATIENT = Limits(connect=3, read=10, write=10, total=15)


def ministry_client() -> MinistryClient:
    """The client for the address in settings (公安部平台客户端)."""
    return _client(settings.MINISTRY_URL, settings.MINISTRY_CA_FILE)


@lru_cache(maxsize=8)
def _client(url: str, ca_file: str) -> MinistryClient:
    return MinistryClient(url, allowed_hosts=[urlsplit(url).hostname or ""], limits=PATIENT, ca_file=ca_file)
