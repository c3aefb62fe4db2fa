"""Counties apart in the database (备案的行级策略); ADR 0013."""

from django.db import migrations

from sealreg.database.walls import build_wall


class Migration(migrations.Migration):
    dependencies = [
        ("filing", "0006_another_chip"),
    ]

    operations = [
        build_wall("filing_sealfiling", columns=("authority_no", "shop_authority_no")),
        build_wall("filing_seal", columns=("authority_no", "shop_authority_no")),
        build_wall("filing_sealloss", parents=(("seal_id", "filing_seal", "id"),)),
        build_wall("filing_filingreturn", parents=(("filing_id", "filing_sealfiling", "id"),)),
        build_wall("filing_disavowal", parents=(("filing_id", "filing_sealfiling", "id"),)),
        build_wall("filing_rating", parents=(("filing_id", "filing_sealfiling", "id"),)),
    ]
