"""How the events of the portal read (门户事件说明)."""

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

register("portal.audit_exported", _("%(actor)s导出了审计日志"))
register("portal.demo_clock_moved", _("%(actor)s调整了演示时钟"))
register("workdays.day_added", _("%(actor)s在工作日历中新增日期（第%(version)s版），原因：%(reason)s"))
register("workdays.day_removed", _("%(actor)s从工作日历移除日期（第%(version)s版），原因：%(reason)s"))
register("workdays.year_imported", _("%(actor)s导入了%(year)s年放假安排（第%(version)s版），原因：%(reason)s"))
register(
    "workdays.hours_set", _("%(actor)s设置了管辖编号%(authority_no)s的办公时间（第%(version)s版），原因：%(reason)s")
)
