"""Who asks (核验方): a client of the interface or a person of an agency, in one shape."""

from __future__ import annotations

from dataclasses import dataclass

from sealreg.accounts.models import Organisation, User
from sealreg.api.choices import Algorithm
from sealreg.api.models import ApiClient
from sealreg.database.actor import label


@dataclass(frozen=True, slots=True)
class Asker:
    """The asking side of a check (核验方).

    label: `client:NUMBER` or `user:NUMBER`; organisation, kind: primary key, number and kind of its organisation;
    algorithm: with which the answer is signed.
    """

    label: str
    organisation_id: int
    organisation: str
    kind: str
    sandbox: bool
    algorithm: Algorithm

    @property
    def purposes_kind(self) -> str | None:
        """Whose purposes it may name (可用用途的机构类别); None: any, in the sandbox."""
        return None if self.sandbox else self.kind


def asker_of_client(client: ApiClient, algorithm: Algorithm) -> Asker:
    """A client of the interface as asker (接口核验方)."""
    body = client.organisation
    return Asker(label(client), body.pk, body.number, body.kind, client.is_sandbox, algorithm)


def asker_of_user(user: User, place: Organisation) -> Asker:
    """A person of an agency as asker (网页核验方); answers shown on a page are signed by ES256."""
    return Asker(label(user), place.pk, place.number, place.kind, False, Algorithm.ES256)
