"""What jobs of the system are called (系统任务名称), where people read who acted."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

JOBS: dict[str, Promise] = {
    "api_client": _("接口调用方登记"),
    "api_signing_key": _("签名密钥登记"),
    "attachment-sweeper": _("材料清理任务"),
    "check-batches": _("批量核验任务"),
    "chip-injection": _("密钥灌装任务"),
    "chip-verification": _("芯片核验服务"),
    "chip-watch": _("芯片巡查任务"),
    "demonstration": _("演示台"),
    "load-demo": _("演示数据载入"),
    "load-demo-second": _("演示数据载入（第二人）"),
    "ministry-push": _("上报任务"),
    "outbox-alarm": _("消息告警"),
    "outbox-relay": _("消息发送任务"),
    "registry-lookup": _("登记信息查询"),
    "registry-sync": _("登记数据同步"),
    "seal-check-watch": _("核验监测"),
    "sign-in": _("登录服务"),
    "unit-contact": _("单位登记联系人"),
}


def actor_words(name: str) -> str:
    """A person's or agency's name as it is, a job's in the reader's language (操作人名称)."""
    return str(JOBS.get(name, name))
