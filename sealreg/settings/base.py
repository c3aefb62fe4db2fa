"""What every environment shares (公共配置)."""

from __future__ import annotations

import shlex
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from sealreg.settings import env

BASE_DIR = Path(__file__).resolve().parents[2]

# Rooms of the house, ground floor first (docs/architecture.md).
INSTALLED_APPS = [
    "sealreg.portal.apps.SystemAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "sealreg.database",
    "sealreg.regions",
    "sealreg.workdays",
    "sealreg.audit",
    "sealreg.accounts",
    "sealreg.outbox",
    "sealreg.units",
    "sealreg.attachments",
    "sealreg.notices",
    "sealreg.workflow",
    "sealreg.web",
    "sealreg.api",
    "sealreg.operations",
    "licensing",
    "chips.keys",
    "chips",
    "filing",
    "integration.business_registration",
    "integration.messaging",
    "integration.institute",
    "integration.ministry",
    "integration.verification_api",
    "sealreg.portal",
]

MIDDLEWARE = [
    "sealreg.web.request_id.RequestIdMiddleware",
    "sealreg.web.headers.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "sealreg.web.heading.HeadMiddleware",
    "sealreg.web.readonly.ReadOnlyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "sealreg.api.middleware.ApiMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sealreg.accounts.browser.SessionRulesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "sealreg.portal.middleware.AccessMiddleware",
    "sealreg.portal.middleware.TerritoryMiddleware",
    "sealreg.web.errors.ErrorPagesMiddleware",
]

ROOT_URLCONF = "sealreg.urls"
WSGI_APPLICATION = "sealreg.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sealreg.web.context.site",
                "sealreg.portal.context.chrome",
            ],
        },
    },
]

FORM_RENDERER = "sealreg.web.forms.SealregRenderer"

AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("中文")), ("en", _("英文"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"

AUTHENTICATION_BACKENDS = ["sealreg.accounts.backend.AccountsBackend"]
LOGIN_URL = "sign_in"
# A level-3 assessment asks for complexity and periodic change; 0 turns either rule off.
PASSWORD_KINDS = env.integer("SEALREG_PASSWORD_KINDS", 3, low=0, high=4)
PASSWORD_MAX_AGE_DAYS = env.integer("SEALREG_PASSWORD_MAX_AGE_DAYS", 90, low=0, high=3650)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "sealreg.accounts.passwords.LengthRule", "OPTIONS": {"shortest": 12}},
    {"NAME": "sealreg.accounts.passwords.KindsRule", "OPTIONS": {"kinds": PASSWORD_KINDS}},
    {"NAME": "sealreg.accounts.passwords.CommonRule"},
    {"NAME": "sealreg.accounts.passwords.NameRule"},
]
# How many reverse proxies of ours stand in front; only they may say where a request comes from.
TRUSTED_PROXIES = env.integer("SEALREG_TRUSTED_PROXIES", 0, low=0, high=5)

SESSION_ENGINE = "sealreg.accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "sealreg.web.trouble.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],  # blob: the preview of a chosen picture
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# PostgreSQL role names; provisioning creates them, migrations grant to them, nothing else names them.
DATABASE_ROLES = {"owner": "sealreg_owner", "app": "sealreg_app", "loader": "sealreg_loader"}

# The broker carries wake-up calls only: losing every message, or the broker itself, loses nothing.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "max_retries": 0,
}
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# Function that wakes a worker after a commit, called on a thread of its own; empty: only the relay loop and the beat.
OUTBOX_NUDGE = "sealreg.celery.nudge"
# An alarm is raised when the oldest pending delivery is older than this, in seconds.
OUTBOX_MAX_AGE = env.integer("SEALREG_OUTBOX_MAX_AGE", 900, low=10, high=86_400)
# Command run for every alarm, with JSON on its standard input; empty: the log and the operators' inbox only.
ALERT_COMMAND = shlex.split(env.text("SEALREG_ALERT_COMMAND", "", hint="a command with its arguments"))

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["sealreg.api.wire.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["sealreg.api.wire.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "sealreg.api.envelope.answer_error",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "SealReg",
    "DESCRIPTION": "How requests and answers are signed: docs/api/signing.md. Additive changes only within version 1.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "sealreg.api.schema.add_errors",
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
}
# The demonstration's clients of the interface: a sandbox key that stays, and a folder for private keys.
SANDBOX_KEY = ""
API_CLIENT_DIR: Path | None = None
# Calls per second and burst of each kind of caller of the interface.
API_RATES = {"client": (20, 50), "sandbox": (5, 20), "public": (5, 30)}

IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True

EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("SEALREG_EMAIL_FROM", "sealreg@localhost", hint="the sender's address of mail")
# How text messages leave: a class of integration.messaging.texting; empty: no gateway, none are queued.
SMS_BACKEND = "integration.messaging.texting.FileSms"
SMS_URL = ""
SMS_TOKEN = ""

# Which routes exist: police, operator and administrator pages are absent from the internet zone.
ZONES = ("internet", "police", "all")
ZONE = env.choice("SEALREG_ZONE", "all", among=ZONES)

# Until an authority is named here, every page, paper and message says that this is a demonstration.
AUTHORITY_NAME = env.text("SEALREG_AUTHORITY_NAME", "", hint="the name of the authority that runs this system")

# Whom the police's own people ask about the platform; shown to them only, never on a public page.
PLATFORM_CONTACT = {
    "name": env.text("SEALREG_CONTACT_NAME", "", hint="the name of the platform's contact"),
    "phone": env.text("SEALREG_CONTACT_PHONE", "", hint="the contact's telephone"),
    "mail": env.text("SEALREG_CONTACT_MAIL", "", hint="the contact's address on the police network"),
}

# Malware: the built-in scanner knows the industry's test file only; a site with ClamAV names its daemon's address.
ATTACHMENT_CLAMD = env.text("SEALREG_CLAMD", "", hint="unix:/run/clamav/clamd.ctl or host:3310")
ATTACHMENT_SCANNER = "sealreg.attachments.clamd.scan" if ATTACHMENT_CLAMD else "sealreg.attachments.scanners.built_in"

# The province's chip keys; without them chip checks answer "indeterminate" and nothing else stops.
_keystore = env.text("SEALREG_KEYSTORE", "", hint="the path of the keystore file")
KEYSTORE_PATH: Path | None = Path(_keystore) if _keystore else None
KEYSTORE_PASSPHRASE = env.text("SEALREG_KEYSTORE_PASSPHRASE", "", hint="the passphrase of the keystore")
# With a second custodian's passphrase neither person opens the keystore alone.
KEYSTORE_PASSPHRASE_2 = env.text("SEALREG_KEYSTORE_PASSPHRASE_2", "", hint="the second custodian's passphrase")
# A PKCS#11 token with AES masters, beside the file; empty: the file alone.
KEYSTORE_MODULE = env.text("SEALREG_KEYSTORE_MODULE", "", hint="the path of the token's PKCS#11 library")
KEYSTORE_TOKEN = env.text("SEALREG_KEYSTORE_TOKEN", "", hint="the token's label")
KEYSTORE_PIN = env.text("SEALREG_KEYSTORE_PIN", "", hint="the PIN of the token's user")
# Where the simulated institute is reached; the real one's protocol is not public, so production names none.
INSTITUTE_URL = ""
# The demonstration's courier: the folder where the simulated institute's envelopes lie.
SIMULATED_ENVELOPES: Path | None = None
# The demonstration's simulated cards and the simulated institute's own copy of the master; production has neither.
SIMULATED_CARD_DIR: Path | None = None
SIMULATED_CARD_KEY = b""
SIMULATED_INSTITUTE_FILE: Path | None = None
# Where the mock agencies of a local stack keep their stores, so that demonstration data agree with ours.
MOCK_REGISTRY_DIR: Path | None = None
MOCK_MINISTRY_DIR: Path | None = None
DEMO_SEALS = 8_000  # how many seals the two years of the demonstration hold, about

# The first six digits of a seal code: the unit's county, or the shop's where a province decides so.
SEAL_CODE_PREFIX = env.choice("SEALREG_SEAL_CODE_PREFIX", "unit", among=("unit", "shop"))

# From which day a shop files instead of applying for a licence, by prefix of division codes (44 the province, 4419 a
# city). Empty: the licence of 2018 everywhere.
SHOP_FILING_FROM = env.dates_by_area("SEALREG_SHOP_FILING_FROM", "")

# Whether the demonstration's clock may move the domain's time; only the local stack says yes.
DEMO_CLOCK = False

# What happens when a page that only shows something writes: "refuse" fails, "log" lets it pass and says so.
READ_ONLY_VIEWS = "refuse"

# One line an event on standard error, each with the number of its request, so that a reader can follow one visit.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "sealreg.web.request_id.RequestIdFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["request_id"], "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # The body of a call may hold personal data; the client's own lines say enough.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
    },
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024  # ten thousand seal checks in one batch
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# The only certificate authorities trusted for another agency's system; empty for the machine's own list.
REGISTRY_CA_FILE = ""
MINISTRY_CA_FILE = ""

TEST_RUNNER = "django.test.runner.DiscoverRunner"
