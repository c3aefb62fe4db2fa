"""Who did what, and who read whose data (审计日志与查阅日志).

Append-only and without foreign keys: the trail outlives what it names.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Trace(models.Model):
    """What every audit row holds (公共字段): who, on what, when by the domain and when by the database."""

    actor_kind = models.CharField(_("操作人类别"), max_length=10)
    actor_id = models.CharField(_("操作人编号"), max_length=64)
    actor_name = models.CharField(_("操作人名称"), max_length=80)
    subject_kind = models.CharField(_("对象类别"), max_length=40)
    subject_id = models.CharField(_("对象编号"), max_length=64)
    at = models.DateTimeField(_("业务时间"))
    recorded_at = models.DateTimeField(_("入库时间"), db_default=Now(), editable=False)
    request_id = models.CharField(_("请求编号"), max_length=64, blank=True)

    class Meta:
        abstract = True


class AuditEvent(Trace):
    """One act (审计事件). `facts` hold no personal data; the sentence is made by the presenter of `event`."""

    event = models.CharField(_("事件"), max_length=80)
    authority_no = models.PositiveIntegerField(_("管辖编号"), null=True, blank=True)
    facts = models.JSONField(_("事实"), default=dict, blank=True)

    class Meta:
        verbose_name = _("审计事件")
        verbose_name_plural = _("审计事件")
        # Each ends with (at, id), the order of the list, so that any page is one range of one index.
        indexes: ClassVar = [
            models.Index(fields=["at", "id"], name="audit_event_at"),
            models.Index(fields=["subject_kind", "subject_id", "at", "id"], name="audit_event_subject"),
            models.Index(fields=["actor_kind", "actor_id", "at", "id"], name="audit_event_actor"),
            models.Index(fields=["event", "at", "id"], name="audit_event_event"),
        ]

    def __str__(self) -> str:
        return f"{self.event} · {self.subject_kind}:{self.subject_id}"


class ReadLog(Trace):
    """One look at somebody's personal data (查阅日志): which fields, and why."""

    fields = ArrayField(models.CharField(max_length=60), verbose_name=_("查阅字段"))
    purpose = models.CharField(_("查阅目的"), max_length=200)

    class Meta:
        verbose_name = _("查阅日志")
        verbose_name_plural = _("查阅日志")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(fields=[]), name="read_log_names_fields"),
            models.CheckConstraint(condition=~models.Q(purpose=""), name="read_log_states_purpose"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["at", "id"], name="read_log_at"),
            models.Index(fields=["subject_kind", "subject_id", "at", "id"], name="read_log_subject"),
            models.Index(fields=["actor_kind", "actor_id", "at", "id"], name="read_log_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_kind}:{self.actor_id} · {self.subject_kind}:{self.subject_id}"
