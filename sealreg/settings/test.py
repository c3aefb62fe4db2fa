"""The test suite (测试环境): a real PostgreSQL, reached as the restricted application role (tests/plugin.py)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sealreg.settings import env
from sealreg.settings.base import *  # noqa: F403
from sealreg.settings.base import INSTALLED_APPS

# A record of the suite's own, to prove the workflow on real tables.
INSTALLED_APPS = [*INSTALLED_APPS, "tests.workflow_sample"]

DEBUG = False
DEMO = True
SECRET_KEY = "test-only-" + "x" * 50
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]

_UNSET = "postgresql://sealreg_app:x@127.0.0.1:1/unset"
DATABASES = {
    "default": env.database("SEALREG_DATABASE_URL", _UNSET),
    "owner": env.database("SEALREG_OWNER_DATABASE_URL", _UNSET),
    "loader": env.database("SEALREG_LOADER_DATABASE_URL", _UNSET),
}
REGISTRY_URL = "http://127.0.0.1:1"  # nothing listens: a test that needs an agency starts its mock
MINISTRY_URL = "http://127.0.0.1:1"
CELERY_BROKER_URL = env.text("SEALREG_BROKER_URL", "redis://127.0.0.1:1/0")  # nothing listens: no test may need it
OUTBOX_NUDGE = ""  # a test that needs the doorbell names its own
MEDIA_ROOT = Path(tempfile.gettempdir()) / "sealreg-test-media"
BACKUP_DIR = Path(tempfile.gettempdir()) / "sealreg-test-backups"

PERSONAL_DATA_KEYS = {"test-2": b"2" * 32, "test-1": b"1" * 32}
PERSONAL_DATA_ACTIVE_KEY = "test-2"
BLIND_INDEX_KEY = b"b" * 32

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

API_SIGNING_KEY_FILES = {
    "ES256": Path(tempfile.gettempdir()) / f"sealreg-test-keys-{os.getuid()}" / "answers-es256.json",
    "SM2": Path(tempfile.gettempdir()) / f"sealreg-test-keys-{os.getuid()}" / "answers-sm2.json",
}

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SMS_FILE_DIR = Path(tempfile.gettempdir()) / "sealreg-test-sms"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None  # type: ignore[assignment]  # the suite collects nothing: files come from the finders
