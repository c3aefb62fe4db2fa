"""How the events of licensing read (许可事件说明)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

for _event, _sentence in (
    ("licensing.draft_started", _("%(actor)s 新建许可申请草稿 %(subject)s。")),
    ("licensing.assigned", _("%(actor)s 指定 %(to)s 经办许可申请 %(subject)s。")),
    ("licensing.due_moved", _("许可申请 %(subject)s 的办结期限因工作日历变更由%(from)s变为%(to)s。")),
    ("licensing.clock_breached", _("许可申请 %(subject)s 超过7个工作日未办结（应于%(due)s前），已报上级公安机关。")),
    ("licensing.material_added", _("%(actor)s 增加申请材料项目 %(subject)s，自%(from)s起。")),
    ("licensing.material_ended", _("%(actor)s 停用申请材料项目 %(subject)s，自%(until)s起。")),
    ("licensing.material_refused", _("%(actor)s 试图改动省厅申请材料清单（%(subject)s），已拒绝。")),
    ("licensing.revocation_proposed", _("%(actor)s 提出撤销许可证 %(licence)s 的意见（%(subject)s）。")),
    ("licensing.revocation_stated", _("%(actor)s 对拟撤销许可 %(subject)s 作了陈述申辩。")),
    ("licensing.change_requested", _("%(actor)s 申请变更许可证 %(licence)s（%(subject)s）。")),
    ("licensing.suspension_requested", _("%(actor)s 就许可证 %(licence)s 提出停业或复业申请（%(subject)s）。")),
    ("licensing.shop_filing_started", _("%(actor)s 新建开业备案草稿 %(subject)s。")),
    ("licensing.application_converted", _("%(actor)s 将许可申请 %(application)s 改为开业备案 %(subject)s。")),
    ("licensing.filing_changed", _("%(actor)s 提交开业备案 %(subject)s 的变更，即时生效。")),
    ("licensing.filing_correction_asked", _("%(actor)s 要求更正开业备案 %(subject)s。")),
    ("licensing.filing_correction_answered", _("%(actor)s 提交开业备案 %(subject)s 的更正。")),
):
    register(_event, _sentence)
