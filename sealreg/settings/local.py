"""The stack on one's own machine (本机演示环境), started by `make run`. Never for production."""

from __future__ import annotations

import os

from sealreg.local.paths import local_dir
from sealreg.local.state import read_state
from sealreg.settings import env
from sealreg.settings.base import *  # noqa: F403

DEBUG = env.flag("SEALREG_DEBUG", False)
DEMO = True
DEMO_CLOCK = True
LOCAL_DIR = local_dir()
STATIC_ROOT = LOCAL_DIR / "static"

# The supervisor writes addresses and generated secrets under .local/; the environment may override each.
for _name, _value in read_state(LOCAL_DIR).items():
    os.environ.setdefault(_name, _value)

SECRET_KEY = env.text("SEALREG_SECRET_KEY", "local-only-" + "x" * 50)
ALLOWED_HOSTS = env.words("SEALREG_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1],testserver", hint="host names")

DATABASES = {"default": env.database("SEALREG_DATABASE_URL", "postgresql://sealreg_app:x@127.0.0.1:5432/sealreg")}
for _alias, _variable in (("owner", "SEALREG_OWNER_DATABASE_URL"), ("loader", "SEALREG_LOADER_DATABASE_URL")):
    if os.environ.get(_variable):
        DATABASES[_alias] = env.database(_variable)
if env.flag("SEALREG_DATABASE_POOL", False):
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # after a restart of PostgreSQL no dead connection is handed out
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 8, "timeout": 5}}

_PORT = env.integer("PORT", 8000, low=1, high=65532)
REGISTRY_URL = env.agency("SEALREG_REGISTRY_URL", f"http://127.0.0.1:{_PORT + 1}", secure=False)
MINISTRY_URL = env.agency("SEALREG_MINISTRY_URL", f"http://127.0.0.1:{_PORT + 2}", secure=False)
INSTITUTE_URL = env.agency("SEALREG_INSTITUTE_URL", f"http://127.0.0.1:{_PORT + 3}", secure=False)
SIMULATED_ENVELOPES = LOCAL_DIR / "institute" / "envelopes"

CELERY_BROKER_URL = env.text("SEALREG_BROKER_URL", "redis://127.0.0.1:6379/0")
MEDIA_ROOT = env.folder("SEALREG_MEDIA_DIR", LOCAL_DIR / "media")
BACKUP_DIR = env.folder("SEALREG_BACKUP_DIR", LOCAL_DIR / "backups")

PERSONAL_DATA_KEYS = {"local-1": env.key("SEALREG_PERSONAL_KEY", "bG9jYWwtb25seS1wZXJzb25hbC1kYXRhLWtleS0wMDE=")}
PERSONAL_DATA_ACTIVE_KEY = "local-1"
BLIND_INDEX_KEY = env.key("SEALREG_BLIND_INDEX_KEY", "bG9jYWwtb25seS1ibGluZC1pbmRleC1rZXktMDAwMDE=")
KEYSTORE_PATH = LOCAL_DIR / "keystore" / "province.json"
KEYSTORE_PASSPHRASE = env.text("SEALREG_KEYSTORE_PASSPHRASE", "local-only-passphrase")
SIMULATED_INSTITUTE_FILE = LOCAL_DIR / "institute" / "masters.json"
SIMULATED_CARD_DIR = LOCAL_DIR / "cards"
SIMULATED_CARD_KEY = env.key("SEALREG_CARD_KEY", "bG9jYWwtb25seS1zaW11bGF0ZWQtY2FyZC1rZXktMDE=")
# The demonstration shows both laws side by side: licences everywhere but in Dongguan, where its shops file.
SHOP_FILING_FROM = env.dates_by_area("SEALREG_SHOP_FILING_FROM", "4419:2025-07-01")
DEMO_SEALS = env.integer("SEALREG_DEMO_SEALS", 8_000, low=0, high=20_000_000)
MOCK_REGISTRY_DIR, MOCK_MINISTRY_DIR = LOCAL_DIR / "registry", LOCAL_DIR / "ministry"
API_SIGNING_KEY_FILES = {
    "ES256": LOCAL_DIR / "keys" / "answers-es256.json",
    "SM2": LOCAL_DIR / "keys" / "answers-sm2.json",
}

# The key `make run` prints, and where the demonstration's own programs find theirs.
SANDBOX_KEY = env.text("SEALREG_SANDBOX_KEY", "")
API_CLIENT_DIR = LOCAL_DIR / "clients"

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = LOCAL_DIR / "mail"
SMS_FILE_DIR = LOCAL_DIR / "sms"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

# An invented person and a number nobody can be reached at.
PLATFORM_CONTACT = {"name": "江以宁（演示）", "phone": "15400000086", "mail": "pingtai@example.invalid"}
