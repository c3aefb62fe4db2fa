"""Privileges of the application and loader roles, before any table exists (数据库角色权限)."""

from django.conf import settings
from django.db import migrations

APP, LOADER = settings.DATABASE_ROLES["app"], settings.DATABASE_ROLES["loader"]


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    # The privileges below reach only tables made later, so this must be the very first migration;
    # a room that depends on none of these names it among its own dependencies.
    run_before = [
        ("contenttypes", "0001_initial"),
        ("auth", "0001_initial"),
        ("sessions", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(
            sql=f"""
            REVOKE CREATE ON SCHEMA public FROM PUBLIC;
            GRANT USAGE ON SCHEMA public TO {APP}, {LOADER};
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}, {LOADER};
            ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {APP}, {LOADER};
            GRANT SELECT ON django_migrations TO {APP}, {LOADER};
            """,
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
