"""System checks of the whole product (安全检查), for `check --deploy`: what no single setting can say of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

from sealreg.settings import env

# In this order: each relies on what those before it found out.
GATES = (
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sealreg.accounts.browser.SessionRulesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sealreg.portal.middleware.AccessMiddleware",
    "sealreg.portal.middleware.TerritoryMiddleware",
)
_LOOSE = {"'unsafe-inline'", "'unsafe-eval'"}
# Pictures may come from the page itself: the preview of a chosen file, small drawings in the stylesheet.
_PICTURES = {"data:", "blob:"}
_OWN_HOSTS = {"localhost", "127.0.0.1", "[::1]", "testserver"}
_FEWEST_BYTES = 5


def _error(number: int, message: str, hint: str) -> checks.CheckMessage:
    return checks.Error(message, hint=hint, id=f"sealreg.E{number}")


def _demonstration() -> Iterator[checks.CheckMessage]:
    if settings.DEMO or settings.DEMO_CLOCK:
        yield _error(201, "The demonstration is on.", "Neither one-click sign-in nor a movable clock may exist here.")
    if not settings.AUTHORITY_NAME:
        yield _error(202, "No authority is named.", "Set SEALREG_AUTHORITY_NAME.")
    if set(settings.ALLOWED_HOSTS) <= _OWN_HOSTS:
        yield _error(203, "ALLOWED_HOSTS names this machine only.", "Set SEALREG_ALLOWED_HOSTS to the portal's names.")


def _gates() -> Iterator[checks.CheckMessage]:
    present = [name for name in settings.MIDDLEWARE if name in GATES]
    if present != list(GATES):
        missing = [name for name in GATES if name not in present]
        yield _error(204, "The middleware that guards every page is not whole and in order.", f"Missing: {missing}.")
    directives = settings.CONTENT_SECURITY_POLICY.get("DIRECTIVES", {})
    for name, sources in directives.items():
        allowed = _PICTURES if name == "img-src" else set()
        if strange := [
            each for each in sources if (each in _LOOSE or not each.startswith("'")) and each not in allowed
        ]:
            yield _error(205, f"The content security policy opens {name}: {strange}.", "Only 'self' is meant.")
    if "default-src" not in directives or "frame-ancestors" not in directives:
        yield _error(205, "The content security policy lacks default-src or frame-ancestors.", "See settings/base.py.")


def _secrets() -> Iterator[checks.CheckMessage]:
    if settings.SECRET_KEY.startswith(("local-only-", "test-only-")):
        yield _error(206, "The secret key is the published one of a demonstration.", "Set SEALREG_SECRET_KEY.")
    keys = [*settings.PERSONAL_DATA_KEYS.values(), settings.BLIND_INDEX_KEY]
    if any(key.startswith(b"local-only") or len(set(key)) < _FEWEST_BYTES for key in keys):
        yield _error(207, "A key of personal data is published or not random.", "Make it from 32 random bytes.")
    if len(set(keys)) != len(keys):
        yield _error(208, "Two keys of personal data are the same.", "Each purpose has a key of its own.")
    first = settings.PASSWORD_HASHERS[0]
    if not first.endswith((".PBKDF2PasswordHasher", ".Argon2PasswordHasher", ".ScryptPasswordHasher")):
        yield _error(209, f"Passwords are kept by {first}.", "Use PBKDF2, scrypt or Argon2.")


def _places() -> Iterator[checks.CheckMessage]:
    user = settings.DATABASES["default"].get("USER")
    if user in {settings.DATABASE_ROLES["owner"], settings.DATABASE_ROLES["loader"], "postgres"}:
        yield _error(210, f"The portal would run as {user}.", "SEALREG_DATABASE_URL names the application role.")
    media, served = Path(settings.MEDIA_ROOT), Path(settings.STATIC_ROOT or settings.BASE_DIR / "static")
    if media.is_relative_to(served) or served.is_relative_to(media):
        yield _error(211, "Uploaded papers would stand where static files are served.", "Move SEALREG_MEDIA_DIR.")
    for name in ("REGISTRY_URL", "MINISTRY_URL"):
        parts = urlsplit(getattr(settings, name))
        if parts.scheme != "https" or env.is_this_machine(parts.hostname or ""):
            yield _error(212, f"{name} leads to this machine or goes unencrypted.", "A mock could only listen there.")
    if not settings.ATTACHMENT_CLAMD:
        yield checks.Info(
            "No malware engine is connected: uploads are checked for the test file only.",
            hint="Set SEALREG_CLAMD to the address of a ClamAV daemon.",
            id="sealreg.I213",
        )


_ALL: tuple[Callable[[], Iterator[checks.CheckMessage]], ...] = (_demonstration, _gates, _secrets, _places)


def production_is_safe(**options: Any) -> list[checks.CheckMessage]:
    """sealreg.E201–E212, I213: what makes this installation unfit for real data (生产安全检查)."""
    return [message for check in _ALL for message in check()]
