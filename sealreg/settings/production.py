"""Production (生产环境): everything from the environment, every protection on, nothing of the demonstration present."""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

from sealreg.settings import env
from sealreg.settings.base import *  # noqa: F403
from sealreg.settings.base import AUTHORITY_NAME, ZONES

DEBUG = False
DEMO = False
DEMO_CLOCK = False
READ_ONLY_VIEWS = "log"

if env.flag("SEALREG_DEBUG", False):
    raise ImproperlyConfigured("SEALREG_DEBUG must not be on in production.")
if not AUTHORITY_NAME:
    raise ImproperlyConfigured(
        "SEALREG_AUTHORITY_NAME is missing: expected the name of the authority that runs this system."
    )
ZONE = env.choice("SEALREG_ZONE", among=ZONES)
if ZONE == "all" and env.text("SEALREG_ZONE_CONFIRM", "", hint="the word all") != "all":
    raise ImproperlyConfigured(
        "SEALREG_ZONE is all: this opens police and public routes in one zone. Set SEALREG_ZONE_CONFIRM=all to confirm."
    )

SECRET_KEY = env.text("SEALREG_SECRET_KEY", hint="at least 50 random characters")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SEALREG_SECRET_KEY is too short: expected at least 50 random characters.")
ALLOWED_HOSTS = env.words("SEALREG_ALLOWED_HOSTS", hint="the host names of the portal, comma-separated")
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("SEALREG_ALLOWED_HOSTS holds *: expected the host names of the portal.")

DATABASES = {"default": env.database("SEALREG_DATABASE_URL")}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # after a restart of PostgreSQL no dead connection is handed out
DATABASES["default"]["OPTIONS"] = {
    "pool": {"min_size": 2, "max_size": env.integer("SEALREG_DATABASE_POOL_SIZE", 8, low=1, high=100), "timeout": 5}
}
for _alias, _variable in (("owner", "SEALREG_OWNER_DATABASE_URL"), ("loader", "SEALREG_LOADER_DATABASE_URL")):
    if os.environ.get(_variable) or os.environ.get(f"{_variable}_FILE"):
        DATABASES[_alias] = env.database(_variable)

CELERY_BROKER_URL = env.text("SEALREG_BROKER_URL", hint="redis://host:port/0")
REGISTRY_URL = env.agency("SEALREG_REGISTRY_URL", secure=True)
MINISTRY_URL = env.agency("SEALREG_MINISTRY_URL", secure=True)
if os.environ.get("SEALREG_REGISTRY_CA_FILE"):
    REGISTRY_CA_FILE = str(env.file("SEALREG_REGISTRY_CA_FILE"))
if os.environ.get("SEALREG_MINISTRY_CA_FILE"):
    MINISTRY_CA_FILE = str(env.file("SEALREG_MINISTRY_CA_FILE"))
MEDIA_ROOT = env.folder("SEALREG_MEDIA_DIR")
BACKUP_DIR = env.folder("SEALREG_BACKUP_DIR", "/var/backups/sealreg")

PERSONAL_DATA_ACTIVE_KEY = env.text("SEALREG_PERSONAL_KEY_ID", hint="a short name of the active key")
PERSONAL_DATA_KEYS = {PERSONAL_DATA_ACTIVE_KEY: env.key("SEALREG_PERSONAL_KEY")}
_previous = env.text("SEALREG_PERSONAL_KEY_PREVIOUS_ID", "", hint="the short name of the key before")
if _previous:
    PERSONAL_DATA_KEYS[_previous] = env.key("SEALREG_PERSONAL_KEY_PREVIOUS")
BLIND_INDEX_KEY = env.key("SEALREG_BLIND_INDEX_KEY")

SECURE_SSL_REDIRECT = env.flag("SEALREG_SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
API_SIGNING_KEY_FILES = {"ES256": env.file("SEALREG_SIGNING_KEY_FILE")}
if os.environ.get("SEALREG_SM2_SIGNING_KEY_FILE"):
    API_SIGNING_KEY_FILES["SM2"] = env.file("SEALREG_SM2_SIGNING_KEY_FILE")

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("SEALREG_EMAIL_HOST", "localhost", hint="the host name of the mail server")
EMAIL_PORT = env.integer("SEALREG_EMAIL_PORT", 25, low=1, high=65535)
EMAIL_HOST_USER = env.text("SEALREG_EMAIL_USER", "", hint="the user name at the mail server")
EMAIL_HOST_PASSWORD = env.text("SEALREG_EMAIL_PASSWORD", "", hint="the password at the mail server")
EMAIL_USE_TLS = env.flag("SEALREG_EMAIL_TLS", False)
SMS_URL = env.text("SEALREG_SMS_URL", "", hint="the https address of the text message gateway")
SMS_TOKEN = env.text("SEALREG_SMS_TOKEN", hint="the token of the text message gateway") if SMS_URL else ""
SMS_BACKEND = "integration.messaging.texting.HttpSms" if SMS_URL else ""
if SMS_URL and not SMS_URL.startswith("https://"):
    raise ImproperlyConfigured("SEALREG_SMS_URL must begin with https://: the messages carry phone numbers.")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
