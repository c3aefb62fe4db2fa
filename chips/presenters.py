"""How the events of chips read (芯片事件说明)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

register("chips.copy_suspected", _("芯片 %(subject)s 的认证计数 %(counter)s 重复出现，疑似被复制，该次核验未通过。"))
register("chips.counter_jumped", _("芯片 %(subject)s 的认证计数由 %(last_counter)s 跳至 %(counter)s，留待核查。"))
register("chips.alarming_chip_seen", _("芯片 %(subject)s 登记状态为 %(status)s，却在核验中出现。"))
