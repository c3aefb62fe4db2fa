"""The suite itself runs as the restricted role (测试身份)."""

import pytest
from django.db import DatabaseError, connection


@pytest.mark.django_db
def test_suite_connects_as_the_application_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, usesuper, usebypassrls FROM pg_user WHERE usename = current_user")
        assert cursor.fetchone() == ("sealreg_app", False, False)


@pytest.mark.django_db
def test_application_role_cannot_change_the_schema():
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE intruder (id int)")


def test_own_database_commits_and_vanishes(own_database):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == (own_database,)
