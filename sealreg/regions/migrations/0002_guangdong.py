"""Load the divisions shipped in sealreg/regions/data and close the table for everyone but migrations (行政区划数据)."""

from django.conf import settings
from django.db import migrations

from sealreg.regions.table import divisions

APP, LOADER = settings.DATABASE_ROLES["app"], settings.DATABASE_ROLES["loader"]


def load(apps, schema_editor):
    region = apps.get_model("regions", "Region")
    rows = sorted(divisions().values(), key=lambda row: ("PROVINCE", "CITY", "COUNTY").index(row.level))
    region.objects.using(schema_editor.connection.alias).bulk_create(
        region(
            code=row.code,
            name=row.name,
            name_en=row.name_en,
            level=row.level,
            parent_id=row.parent_code,
            integration_class=row.integration_class,
        )
        for row in rows
    )


def unload(apps, schema_editor):
    apps.get_model("regions", "Region").objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [("regions", "0001_region")]
    operations = [
        migrations.RunPython(load, unload),
        migrations.RunSQL(
            sql=f"REVOKE INSERT, UPDATE, DELETE ON regions_region FROM {APP}, {LOADER}",
            reverse_sql=f"GRANT INSERT, UPDATE, DELETE ON regions_region TO {APP}, {LOADER}",
        ),
    ]
