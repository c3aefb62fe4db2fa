"""Load the announced years shipped in sealreg/workdays/data as version 1, and close the history (放假安排数据)."""

import csv
import datetime as dt
from pathlib import Path

from django.db import migrations

from sealreg.clock import SHANGHAI
from sealreg.database.operations import append_only
from sealreg.workdays.calendar import Calendar
from sealreg.workdays.selectors import calendar_digest

DATA = Path(__file__).parents[1] / "data"
YEARS = range(2018, 2027)
SHIPPED_AT = dt.datetime(2026, 11, 23, tzinfo=SHANGHAI)


def load(apps, schema_editor):
    alias = schema_editor.connection.alias
    year_model, day_model, change_model = (
        apps.get_model("workdays", name) for name in ("CalendarYear", "CalendarDay", "CalendarChange")
    )
    days = []
    for year in YEARS:
        source = f"国务院办公厅关于{year}年部分节假日安排的通知"
        year_model.objects.using(alias).create(year=year, complete=True, source=source)
        with (DATA / f"{year}.csv").open(encoding="utf-8", newline="") as file:
            days += [
                day_model(
                    date=dt.date.fromisoformat(row["date"]),
                    kind=row["kind"],
                    name=row["name"],
                    year_id=year,
                    source=source,
                    entered_by="system:release",
                    entered_at=SHIPPED_AT,
                )
                for row in csv.DictReader(file)
            ]
    day_model.objects.using(alias).bulk_create(days)
    calendar = Calendar(
        holidays=frozenset(day.date for day in days if day.kind == "HOLIDAY"),
        workdays=frozenset(day.date for day in days if day.kind == "WORKDAY"),
        years=frozenset(YEARS),
        version=1,
    )
    change_model.objects.using(alias).create(
        version=1,
        kind="SHIPPED",
        summary={"years": list(YEARS), "days": len(days)},
        reason="随系统载入",
        digest=calendar_digest(calendar),
        changed_by="system:release",
        changed_by_name="system",
        changed_at=SHIPPED_AT,
    )


def unload(apps, schema_editor):
    for name in ("CalendarDay", "CalendarChange", "CalendarYear"):
        apps.get_model("workdays", name).objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [("workdays", "0001_calendar")]
    operations = [
        migrations.RunPython(load, unload),
        append_only("workdays_calendarchange"),
        append_only("workdays_authorityhours"),
    ]
