"""Who uses the system and where each may act (用户、机构与管辖)."""

from sealreg.accounts.choices import AttemptResult, AttemptStep, AuthorityLevel, OrganisationKind
from sealreg.accounts.models.organisations import Organisation, PoliceUnit, Premises
from sealreg.accounts.models.people import Membership, RoleRequest, User, UserManager, UserQuerySet
from sealreg.accounts.models.signing_in import RecoveryCode, SecondFactor, Session, SignInAttempt, Throttle

__all__ = [
    "AttemptResult",
    "AttemptStep",
    "AuthorityLevel",
    "Membership",
    "Organisation",
    "OrganisationKind",
    "PoliceUnit",
    "Premises",
    "RecoveryCode",
    "RoleRequest",
    "SecondFactor",
    "Session",
    "SignInAttempt",
    "Throttle",
    "User",
    "UserManager",
    "UserQuerySet",
]
