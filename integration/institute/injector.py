"""Filling chips over the wire (远程灌装), for every key version the demonstration's loader does not fill itself."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from chips.keys.rules import PROVINCE
from chips.logistics.injector import Injector, Presented
from chips.simulator.institute import FilledChip
from integration.agency_http import BadAnswer, Declined, Unreachable
from integration.institute.client import InstituteClient, institute_client
from sealreg.errors import ServiceUnavailable

InjectorFor = Callable[[str, int], Injector]
_MUTE_CARD = "606"  # the institute answered, its card did not


def _silent() -> ServiceUnavailable:
    return ServiceUnavailable(_("灌装机构暂时没有应答，请稍后重试。"), code="institute_silent")


def _declined() -> ServiceUnavailable:
    return ServiceUnavailable(_("灌装机构不受理本次灌装，请与机构核对批次和密钥版本。"), code="institute_declined")


class RemoteInjector:
    """The institute's process as the register sees it (灌装机构进程). Raises ServiceUnavailable when it is silent."""

    def __init__(self, client: InstituteClient, suite: str, version: int) -> None:
        self._client, self._suite, self._version = client, suite, version

    def fill(self, uid: str, *, batch_no: str) -> FilledChip:
        """Fill one card; asking again gives the same key (灌装一枚).

        A card that does not answer there is reported without a check value: this chip alone becomes UNCERTAIN.
        """
        try:
            (filled,) = self._client.fill(
                [uid], batch_no=batch_no, suite=self._suite, version=self._version, party=PROVINCE
            )
        except Declined as error:
            if error.code == _MUTE_CARD:
                return FilledChip(uid, "")
            raise _declined() from error
        except (Unreachable, BadAnswer) as error:
            raise _silent() from error
        return FilledChip(filled.uid, filled.key_check)

    def look(self, uid: str) -> Presented | None:
        """What the card in the institute's reader says of itself (读卡); None when the card does not answer."""
        try:
            seen = self._client.card(uid)
        except Declined as error:
            if error.code == _MUTE_CARD:
                return None
            raise _declined() from error
        except (Unreachable, BadAnswer) as error:
            # A silent institute says nothing of the card: it must not cost the chip one of its tries.
            raise _silent() from error
        return Presented(seen.key_version, seen.key_check)


def remote_after(own: InjectorFor | None) -> InjectorFor:
    """The injector of a version (选择灌装接口): `own` where it knows the version, the institute's process elsewhere."""

    def injector(suite: str, version: int) -> Injector:
        if own is not None:
            try:
                return own(suite, version)
            except ServiceUnavailable:
                pass
        return RemoteInjector(institute_client(), suite, version)

    return injector
