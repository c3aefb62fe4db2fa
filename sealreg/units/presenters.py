"""How events of the register read (使用单位事件说明)."""

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

register("units.recorded", _("%(actor)s登记了使用单位%(subject)s。"))
register("units.changed", _("%(actor)s更新了使用单位%(subject)s的资料（第%(version)s版）。"))
register("units.access_granted", _("%(actor)s授权用户%(user)s为使用单位%(subject)s经办事项。"))
register("units.access_ended", _("%(actor)s终止了用户%(user)s为使用单位%(subject)s经办事项的授权。"))
