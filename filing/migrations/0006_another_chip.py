"""Before it is filed a seal may be given another chip; the one it had is scrapped first."""

from django.db import migrations, models

from sealreg.workflow.triggers import enforce_table

RELEASED = """
CREATE FUNCTION filing_seal_chip_released() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF EXISTS (SELECT 1 FROM chips_chip WHERE id = OLD.chip_id AND status <> 'SCRAPPED') THEN
    RAISE EXCEPTION 'seal %: the chip it had is not scrapped', NEW.code
      USING ERRCODE = 'check_violation', CONSTRAINT = 'seal_chip_released';
  END IF;
  RETURN NEW;
END
$body$;
CREATE TRIGGER filing_seal_chip_released BEFORE UPDATE OF status ON filing_seal FOR EACH ROW
  WHEN (NEW.status = 'ENGRAVED' AND OLD.status = 'CHIPPED')
  EXECUTE FUNCTION filing_seal_chip_released();
"""
KEPT = "DROP TRIGGER filing_seal_chip_released ON filing_seal; DROP FUNCTION filing_seal_chip_released();"


class Migration(migrations.Migration):
    dependencies = [
        ("attachments", "0001_papers"),
        ("chips", "0009_replaced_chips"),
        ("filing", "0005_day_figures"),
        ("licensing", "0008_work_list"),
        ("units", "0001_unit"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="seal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "ENGRAVED"), _negated=True),
                    models.Q(("chip__isnull", True), ("chip_bound_at__isnull", True)),
                    _connector="OR",
                ),
                name="seal_engraved_holds_no_chip",
            ),
        ),
        enforce_table(
            "filing_seal",
            field="status",
            initial=("ACCEPTED",),
            moves=(
                ("ACCEPTED", "ENGRAVED"),
                ("ACCEPTED", "WITHDRAWN"),
                ("CHIPPED", "ENGRAVED"),
                ("CHIPPED", "FILED"),
                ("ENGRAVED", "CHIPPED"),
                ("ENGRAVED", "FILED"),
                ("FILED", "DELIVERED"),
            ),
        ),
        migrations.RunSQL(RELEASED, KEPT),
    ]
