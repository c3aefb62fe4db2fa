"""No seal is filed whose chip has not proved itself (备案须芯片已核验)."""

from django.db import migrations

# At the moment of filing only: later the chip may be stopped, lost or destroyed with its seal.
VERIFIED = """
CREATE FUNCTION filing_seal_chip_verified() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF EXISTS (SELECT 1 FROM chips_chip WHERE id = NEW.chip_id AND status <> 'ACTIVE') THEN
    RAISE EXCEPTION 'seal %: its chip is not verified', NEW.code
      USING ERRCODE = 'check_violation', CONSTRAINT = 'seal_chip_verified';
  END IF;
  RETURN NEW;
END
$body$;
CREATE TRIGGER filing_seal_chip_verified BEFORE UPDATE OF status ON filing_seal FOR EACH ROW
  WHEN (NEW.status = 'FILED' AND OLD.status <> 'FILED' AND NEW.chip_id IS NOT NULL)
  EXECUTE FUNCTION filing_seal_chip_verified();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chips", "0006_card_writing"),
        ("filing", "0002_loss_of_a_seal"),
    ]

    operations = [
        migrations.RunSQL(
            VERIFIED,
            "DROP TRIGGER filing_seal_chip_verified ON filing_seal; DROP FUNCTION filing_seal_chip_verified();",
        ),
    ]
