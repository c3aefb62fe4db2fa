"""The doctor (体检): every check a person on duty would make, in plain words."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.utils.translation import gettext as _
from kombu.connection import Connection as BrokerConnection

from sealreg import clock
from sealreg.operations import database_checks
from sealreg.operations.findings import ERROR, OK, WARNING, Finding
from sealreg.operations.manifest import BackupUnusable, backups_in, read_manifest
from sealreg.outbox.health import queue_health
from sealreg.workdays.alarms import next_year_missing
from sealreg.workdays.selectors import load_calendar

logger = logging.getLogger("sealreg.doctor")

RELAY_SILENT = 60
DISK_WARNING, DISK_ERROR = 0.10, 0.03
BACKUP_WARNING, BACKUP_ERROR = 26, 72


def zone() -> Finding:
    """Zone and authority are set as they must be here (区域与主管机关)."""
    facts: dict[str, object] = {"zone": settings.ZONE, "demo": settings.DEMO, "authority": settings.AUTHORITY_NAME}
    if settings.DEBUG and not settings.DEMO:
        return Finding("zone", ERROR, _("DEBUG 已打开，请立即关闭。"), facts)
    if settings.DEMO:
        return Finding("zone", OK, _("演示环境，区域 %(zone)s；页面均标明非公安机关网站。") % facts, facts)
    if not settings.AUTHORITY_NAME:
        return Finding("zone", ERROR, _("未设置 SEALREG_AUTHORITY_NAME（主管机关名称）。"), facts)
    return Finding("zone", OK, _("区域 %(zone)s，主管机关 %(authority)s。") % facts, facts)


def database() -> Finding:
    """The database answers (数据库)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            (version,) = cursor.fetchone()
    except DatabaseError as error:
        text = _("数据库无法连接，请检查数据库服务与 SEALREG_DATABASE_URL。（%(error)s）")
        return Finding("database", ERROR, text % {"error": str(error).splitlines()[0]})
    return Finding("database", OK, _("数据库可用，版本 %(version)s。") % {"version": version}, {"version": version})


def broker() -> Finding:
    """The broker answers; it only speeds things up, so its absence is a warning (消息中间件)."""
    try:
        options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
        link = BrokerConnection(settings.CELERY_BROKER_URL, transport_options=options)  # type: ignore[no-untyped-call]
        with link:
            link.ensure_connection(max_retries=1, interval_start=0, interval_step=0)  # type: ignore[no-untyped-call]
    except Exception as error:  # each transport raises its own kinds
        text = _("消息中间件无法连接，各项业务照常办理，仅后台唤醒变慢。（%(error)s）")
        return Finding("broker", WARNING, text % {"error": type(error).__name__})
    return Finding("broker", OK, _("消息中间件可用。"))


def queue() -> list[Finding]:
    """The relay lives, nothing waits too long, nothing is parked (待发消息)."""
    health = queue_health()
    facts: dict[str, object] = {
        "pending": health.pending, "parked": health.parked, "oldest_pending_seconds": health.oldest_pending,
        "relay_silent_seconds": health.relay_silent_for,
    }  # fmt: skip
    found = []
    if health.relay_silent_for is None:
        text = _("发送进程从未运行，请启动 manage.py drain_outbox --loop。")
        found.append(Finding("relay", ERROR, text, facts))
    elif health.relay_silent_for > RELAY_SILENT:
        text = _("发送进程已%(seconds)s秒没有心跳，请重新启动。") % {"seconds": health.relay_silent_for}
        found.append(Finding("relay", ERROR, text, facts))
    else:
        found.append(Finding("relay", OK, _("发送进程运行正常。"), facts))
    if health.waits_too_long:
        text = _("有%(pending)s条消息待发，最早一条已等待%(seconds)s秒，请检查对方系统与网络。")
        found.append(Finding("pending", ERROR, text % {**facts, "seconds": health.oldest_pending}, facts))
    else:
        found.append(Finding("pending", OK, _("待发消息%(pending)s条，没有积压。") % facts, facts))
    if health.parked:
        text = _("有%(parked)s条消息已停放，等待人工处理，请到“停放消息”页面查看。")
        found.append(Finding("parked", WARNING, text % facts, facts))
    else:
        found.append(Finding("parked", OK, _("没有停放的消息。"), facts))
    return found


def calendar() -> Finding:
    """The working days of the coming year are on file (工作日历)."""
    years = load_calendar().years
    alarm = next_year_missing(clock.today(), years)
    facts: dict[str, object] = {"last_year": max(years, default=None)}
    if alarm is not None:
        return Finding("calendar", ERROR if alarm.level == "error" else WARNING, alarm.message, facts)
    return Finding("calendar", OK, _("工作日历已录入至%(last_year)s年。") % facts, facts)


def media() -> Finding:
    """Files can be stored and there is room (材料目录)."""
    folder = Path(settings.MEDIA_ROOT)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as probe:
            probe.write(b"x")
            probe.flush()
    except OSError as error:
        text = _("材料目录 %(folder)s 无法写入：%(error)s。")
        return Finding("media", ERROR, text % {"folder": folder, "error": error.strerror})
    usage = shutil.disk_usage(folder)
    share = usage.free / usage.total
    facts: dict[str, object] = {"free_bytes": usage.free, "free_share": round(share, 3)}
    words = {"percent": round(share * 100), "gigabytes": round(usage.free / 1e9, 1)}
    if share < DISK_WARNING:
        text = _("材料目录所在磁盘仅剩%(percent)s%%（%(gigabytes)s GB），请扩容或清理。")
        return Finding("media", ERROR if share < DISK_ERROR else WARNING, text % words, facts)
    return Finding("media", OK, _("材料目录可写，磁盘剩余%(percent)s%%（%(gigabytes)s GB）。") % words, facts)


def backup() -> Finding:
    """There is a backup, and it is young (备份)."""
    root = Path(settings.BACKUP_DIR)
    try:
        found = backups_in(root)
        newest = read_manifest(found[-1]) if found else None
    except (OSError, BackupUnusable) as error:
        return Finding("backup", ERROR, _("备份目录无法读取：%(error)s") % {"error": error})
    # A demonstration may be thrown away; a system in use may not.
    serious = WARNING if settings.DEMO else ERROR
    if newest is None:
        text = _("目录 %(folder)s 中没有备份，请运行 manage.py backup 并设为每日任务。")
        return Finding("backup", serious, text % {"folder": root})
    hours = (clock.real_now() - newest.moment).total_seconds() / 3600
    facts: dict[str, object] = {"made_at": newest.made_at, "age_hours": round(hours, 1), "count": len(found)}
    if hours > BACKUP_WARNING:
        text = _("最近一次备份是%(age_hours)s小时前（%(made_at)s），请检查每日备份任务。")
        return Finding("backup", serious if hours > BACKUP_ERROR else WARNING, text % facts, facts)
    return Finding("backup", OK, _("最近一次备份在%(age_hours)s小时前，共保留%(count)s份。") % facts, facts)


Check = Callable[[], Finding | list[Finding]]
WITHOUT_DATABASE: Sequence[Check] = (zone, broker, media, backup)
WITH_DATABASE: Sequence[Check] = (
    database_checks.migrations,
    database_checks.role,
    database_checks.append_only,
    database_checks.state_tables,
    database_checks.row_policies,
    database_checks.clock_skew,
    database_checks.personal_data_keys,
    queue,
    calendar,
)


def examine() -> list[Finding]:
    """Run every check (全面体检); a check that itself fails is a finding, not an end."""
    found = [database()]
    reachable = found[0].level == OK
    for check in (*(WITH_DATABASE if reachable else ()), *WITHOUT_DATABASE):
        try:
            result = check()
        except Exception as error:
            logger.exception("check %s failed", check.__name__)
            text = _("检查未能完成：%(error)s") % {"error": str(error).strip().splitlines()[0] if str(error) else error}
            result = Finding(check.__name__, ERROR, text)
        found += result if isinstance(result, list) else [result]
    return found
