"""Where sessions are kept (会话引擎): settings.SESSION_ENGINE names this module."""

from sealreg.accounts.models.signing_in import SessionStore

__all__ = ["SessionStore"]
