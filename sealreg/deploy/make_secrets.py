"""Makes the secret files docker-compose.yml names (生成机密文件): `python -m sealreg.deploy.make_secrets FOLDER`.

What exists is kept, so it is safe to run again. The certificates are self-signed, for a first start: replace
`portal_certificate` and `portal_key` by those of the portal's real name before anyone else uses it.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from sealreg.clock import real_now

DATABASE = "sealreg"
AGENCIES = ("registry.agencies.internal", "ministry.agencies.internal")
_VALID = dt.timedelta(days=825)

Made = dict[str, str]


def _word(made: Made) -> str:
    return secrets.token_hex(24)


def _key(made: Made) -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _address(role: str, password: str) -> Callable[[Made], str]:
    return lambda made: f"postgresql://{role}:{quote(made[password])}@postgres:5432/{DATABASE}"


def _private_key(made: Made) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _certificate(key_name: str, names: Sequence[str]) -> Callable[[Made], str]:
    def sign(made: Made) -> str:
        key = _load(made[key_name])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        at = real_now()
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - dt.timedelta(hours=1))
            .not_valid_after(at + _VALID)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        )
        return built.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    return sign


def _load(pem: str) -> ec.EllipticCurvePrivateKey:
    from_pem = load_pem_private_key(pem.encode(), None)
    if not isinstance(from_pem, ec.EllipticCurvePrivateKey):
        raise TypeError("expected an elliptic curve key")
    return from_pem


# In this order: later ones are made from earlier ones.
RECIPES: dict[str, Callable[[Made], str]] = {
    "secret_key": lambda made: secrets.token_urlsafe(60),
    "personal_key": _key,
    "blind_index_key": _key,
    "signing_key": _private_key,
    "postgres_password": _word,
    "owner_password": _word,
    "app_password": _word,
    "loader_password": _word,
    "owner_database_url": _address("sealreg_owner", "owner_password"),
    "app_database_url": _address("sealreg_app", "app_password"),
    "broker_password": _word,
    "broker_url": lambda made: f"redis://:{made['broker_password']}@valkey:6379/0",
    "portal_key": _private_key,
    "portal_certificate": _certificate("portal_key", ("portal.invalid",)),
    "agencies_key": _private_key,
    "agencies_certificate": _certificate("agencies_key", AGENCIES),
}


def make_secrets(folder: Path) -> list[str]:
    """Make what is missing (生成缺少的机密). Returns the names made now.

    The folder is closed to others; the files in it are readable, because a container's user reads them through a mount
    that keeps the permissions of this machine.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    known: Made = {}
    fresh = []
    for name, recipe in RECIPES.items():
        path = folder / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(recipe(known), encoding="utf-8")
            path.chmod(0o444)
            fresh.append(name)
        known[name] = path.read_text(encoding="utf-8")
    return fresh


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make_secrets")
    parser.add_argument("folder", type=Path)
    for name in make_secrets(parser.parse_args(argv).folder):
        sys.stdout.write(f"made {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
