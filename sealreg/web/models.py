"""What the page kit itself remembers (页面组件数据): forms that were already carried out."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class FormKey(models.Model):
    """A form that was sent once (表单一次性标识): the same key again answers with the first result."""

    owner = models.CharField(_("提交人"), max_length=80)
    key = models.UUIDField(_("表单标识"))
    result = models.CharField(_("办理结果地址"), max_length=300)
    created_at = models.DateTimeField(_("提交时间"))

    class Meta:
        verbose_name = _("表单一次性标识")
        verbose_name_plural = _("表单一次性标识")
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "key"], name="form_key_once")]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="form_key_age")]

    def __str__(self) -> str:
        return str(self.key)
