"""Loads production settings in this process, plants one fault at a time, prints which checks saw it (植入缺陷)."""

from __future__ import annotations

import json
import sys
from typing import Any

import django
from django.conf import settings
from django.core.checks import ERROR, WARNING, run_checks
from django.test import Client, override_settings

ADDRESS = "http://127.0.0.1:8001"


def faults() -> dict[str, dict[str, Any]]:
    """Name of the fault -> settings that have it."""
    without = [name for name in settings.MIDDLEWARE if not name.endswith("AccessMiddleware")]
    loose = {
        "DIRECTIVES": settings.CONTENT_SECURITY_POLICY["DIRECTIVES"] | {"script-src": ["'self'", "'unsafe-inline'"]}
    }
    far = {"DIRECTIVES": settings.CONTENT_SECURITY_POLICY["DIRECTIVES"] | {"script-src": ["cdn.invalid"]}}
    owner = {"default": settings.DATABASES["default"] | {"USER": "sealreg_owner"}}
    return {
        "demonstration on": {"DEMO": True},
        "clock movable": {"DEMO_CLOCK": True},
        "debug on": {"DEBUG": True},
        "no authority": {"AUTHORITY_NAME": ""},
        "any host": {"ALLOWED_HOSTS": []},
        "only this machine": {"ALLOWED_HOSTS": ["localhost", "127.0.0.1"]},
        "short secret": {"SECRET_KEY": "short"},
        "published secret": {"SECRET_KEY": "local-only-" + "x" * 50},
        "published key": {"BLIND_INDEX_KEY": b"local-only-blind-index-key-00001"},
        "plain key": {"PERSONAL_DATA_KEYS": {"a": b"a" * 32}},
        "same key twice": {"PERSONAL_DATA_KEYS": {"a": settings.BLIND_INDEX_KEY}},
        "session cookie in the clear": {"SESSION_COOKIE_SECURE": False},
        "csrf cookie in the clear": {"CSRF_COOKIE_SECURE": False},
        "no redirect to https": {"SECURE_SSL_REDIRECT": False},
        "no strict transport": {"SECURE_HSTS_SECONDS": 0},
        "content sniffing": {"SECURE_CONTENT_TYPE_NOSNIFF": False},
        "framing": {"X_FRAME_OPTIONS": "ALLOWALL"},
        "no access gate": {"MIDDLEWARE": without},
        "inline scripts": {"CONTENT_SECURITY_POLICY": loose},
        "scripts from elsewhere": {"CONTENT_SECURITY_POLICY": far},
        "weak passwords": {"PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"]},
        "portal as owner": {"DATABASES": owner},
        "papers among static files": {"MEDIA_ROOT": settings.STATIC_ROOT / "papers"},
        "mock registry": {"REGISTRY_URL": ADDRESS},
        "mock ministry": {"MINISTRY_URL": "https://localhost:8002"},
    }


def seen() -> list[str]:
    return sorted(
        message.id
        for message in run_checks(tags=["security"], include_deployment_checks=True)
        if message.level >= WARNING and message.level <= ERROR
    )


def status(path: str) -> int:
    client = Client(raise_request_exception=False, headers={"host": settings.ALLOWED_HOSTS[0]})
    return client.get(path, secure=True).status_code


def main() -> None:
    django.setup()
    clean = seen()
    caught = {}
    for name, values in faults().items():
        with override_settings(**values):
            caught[name] = seen()
    # Nothing was collected here, so pages may not ask for hashed names.
    plain = settings.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STORAGES=plain):
        paths = {path: status(path) for path in sys.argv[1:]}
    print(
        json.dumps({"clean": clean, "caught": caught, "paths": paths, "demo": settings.DEMO, "debug": settings.DEBUG})
    )


if __name__ == "__main__":
    main()
