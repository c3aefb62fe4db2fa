"""How events of papers read (材料事件说明)."""

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

register("attachments.stored", _("%(actor)s上传了材料 %(subject)s"))
register("attachments.attached", _("%(actor)s将材料 %(subject)s 归入 %(record_id)s"))
register("attachments.refused", _("%(actor)s上传的文件未被接收（原因代码 %(code)s）"))
register("attachments.removed", _("%(actor)s清理了逾期未提交的材料 %(subject)s"))
