"""How the events of filing read (备案事件说明)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

register("filing.self_audited", _("%(actor)s 自查：7日内完成备案%(filed)s件，其间有公安操作的%(acted_on)s件。"))
register("filing.draft_started", _("%(actor)s 新建备案草稿 %(subject)s。"))
register("filing.disavowed", _("%(actor)s 声明备案 %(subject)s 非本单位办理。"))
register("filing.disavowal_lifted", _("%(actor)s 核实后解除备案 %(subject)s 的非本人办理声明：%(remark)s"))
register("filing.unit_confirmed", _("%(actor)s 核实备案 %(subject)s 的单位资料。"))
register("filing.returned", _("%(actor)s 退回更正备案 %(subject)s。"))
register("filing.return_answered", _("%(actor)s 答复备案 %(subject)s 的退回。"))
register("filing.return_closed", _("%(actor)s 结束备案 %(subject)s 的退回。"))
register("filing.handler_corrected", _("%(actor)s 更正备案 %(subject)s 的经办人资料。"))
