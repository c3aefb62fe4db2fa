"""The province's lists of papers as the system begins (全省申请材料清单).

For the licence: the fewest papers that the sources name, for the text of the province's own guide was not at hand; the
province changes the list in the system. For the filing: the five documents of article 3 of the engraving rules.
"""

import datetime as dt

from django.db import migrations

NOTICE = dt.date(2018, 5, 17)
AMENDED = dt.date(2024, 12, 6)
BOTH = ["ORDINARY", "COMMITMENT"]
ORDINARY = ["ORDINARY"]

# code, regime, modes, label, label_en, note, note_en, paper kind, shared, basis, clause, from
ITEMS = (
    ("business_licence", "LICENSING_2018", BOTH, "营业执照", "Business licence",
     "登记信息已核实的，无需提交。", "Not needed where the registry has confirmed the company.",
     "BUSINESS_LICENCE", True, "gd-2018-146", "三(二)1", NOTICE),
    ("identities", "LICENSING_2018", BOTH, "法定代表人和从业人员身份证件", "Identity documents of representative and staff",
     "可合并为一个文件上传。", "They may be joined into one file.", "IDENTITY", False, "house", "", NOTICE),
    ("floor_plan", "LICENSING_2018", BOTH, "经营场所平面图", "Floor plan of the premises",
     "标明刻制区、保管区和安全设施。", "Show engraving room, store and security devices.", "FLOOR_PLAN", False, "house",
     "", NOTICE),
    ("equipment", "LICENSING_2018", ORDINARY, "刻制和备案设备清单", "List of engraving and filing equipment",
     "告知承诺方式由承诺代替。", "Covered by the commitment where it is chosen.", "EQUIPMENT_LIST", False, "house", "",
     NOTICE),
    ("security_rules", "LICENSING_2018", ORDINARY, "治安管理制度", "Security rules",
     "告知承诺方式由承诺代替。", "Covered by the commitment where it is chosen.", "SECURITY_RULES", False, "house", "",
     NOTICE),
    ("business_licence", "FILING_2025", BOTH, "营业执照", "Business licence",
     "登记信息已核实的，无需提交。", "Not needed where the registry has confirmed the company.", "BUSINESS_LICENCE", True,
     "engraving-rules", "第三条", AMENDED),
    ("identities", "FILING_2025", BOTH, "法定代表人、经营负责人和从业人员身份证件",
     "Identity documents of representative, manager and staff", "可合并为一个文件上传。", "They may be joined into one file.",
     "IDENTITY", False, "engraving-rules", "第三条", AMENDED),
    ("floor_plan", "FILING_2025", BOTH, "标明安全设施的经营场所平面图", "Floor plan showing the security devices", "", "",
     "FLOOR_PLAN", False, "engraving-rules", "第三条", AMENDED),
    ("equipment", "FILING_2025", BOTH, "刻制和备案设备清单", "List of engraving and filing equipment", "", "",
     "EQUIPMENT_LIST", False, "engraving-rules", "第三条", AMENDED),
    ("security_rules", "FILING_2025", BOTH, "经营管理和治安保卫制度", "Management and security rules", "", "",
     "SECURITY_RULES", False, "engraving-rules", "第三条", AMENDED),
)  # fmt: skip
ENTERED = dt.datetime(2018, 5, 17, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def load(apps, schema_editor):
    requirement = apps.get_model("licensing", "MaterialRequirement")
    requirement.objects.using(schema_editor.connection.alias).bulk_create(
        requirement(
            code=code, regime=regime, modes=modes, label=label, label_en=label_en, note=note, note_en=note_en,
            paper_kind=kind, shared=shared, basis=basis, clause=clause, applies_from=first, entered_by="system:shipped",
            entered_at=ENTERED,
        )
        for code, regime, modes, label, label_en, note, note_en, kind, shared, basis, clause, first in ITEMS
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("licensing", "0003_opening")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
