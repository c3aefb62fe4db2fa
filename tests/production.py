"""A complete production environment with invented values (生产环境样例), for checks that must load those settings."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

FOLDER = Path(__file__).resolve().parents[1] / ".local" / "check"


def sample_environment() -> dict[str, str]:
    """Every variable production asks for; only the signing key, which must be a file, is made anew."""
    key = {name: base64.b64encode(name.ljust(32, ".").encode()).decode() for name in ("personal", "blind")}
    FOLDER.mkdir(parents=True, exist_ok=True)
    signing = FOLDER / "signing.pem"
    made = ec.generate_private_key(ec.SECP256R1())
    signing.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SEALREG_", "DJANGO_"))}
    return inherited | {
        "DJANGO_SETTINGS_MODULE": "sealreg.settings.production",
        "SEALREG_AUTHORITY_NAME": "某省公安厅（检查用）",
        "SEALREG_ZONE": "police",
        "SEALREG_SECRET_KEY": "a-production-secret-for-checks-only-0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "SEALREG_ALLOWED_HOSTS": "seals.invalid",
        "SEALREG_DATABASE_URL": "postgresql://sealreg_app:x@127.0.0.1:1/sealreg",
        "SEALREG_OWNER_DATABASE_URL": "postgresql://sealreg_owner:x@127.0.0.1:1/sealreg",
        "SEALREG_BROKER_URL": "redis://127.0.0.1:1/0",
        "SEALREG_REGISTRY_URL": "https://registry.invalid",
        "SEALREG_MINISTRY_URL": "https://ministry.invalid",
        "SEALREG_SIGNING_KEY_FILE": str(signing),
        "SEALREG_MEDIA_DIR": "/srv/sealreg/media",
        "SEALREG_PERSONAL_KEY_ID": "check-1",
        "SEALREG_PERSONAL_KEY": key["personal"],
        "SEALREG_BLIND_INDEX_KEY": key["blind"],
    }
