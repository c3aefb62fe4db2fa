"""How the events of the shop register read (企业登记事件说明)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

register("licensing.idle_case_opened", _("闲置雷达对企业 %(shop)s 建立提醒 %(subject)s，自%(last_on)s起计算。"))
register("licensing.paper_recovered", _("%(actor)s 登记案件 %(subject)s 的证件收回情况。"))
register("licensing.registry_notice_owed", _("应告知登记机关：企业 %(shop)s 的许可证已终止（%(subject)s）。"))
register("licensing.registry_notice_receipted", _("收到登记机关对 %(subject)s 的回执 %(receipt)s。"))
register("licensing.register_changed", _("%(actor)s 变更企业 %(subject)s 的登记信息。"))
register("licensing.idle_due_moved", _("案件 %(subject)s 的时限因工作日历或办公时间变更由%(from)s变为%(to)s。"))
register("licensing.notice_due_moved", _("告知 %(subject)s 的时限因工作日历或办公时间变更由%(from)s变为%(to)s。"))
