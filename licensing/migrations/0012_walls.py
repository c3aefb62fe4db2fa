"""Counties apart in the database (许可案卷的行级策略); ADR 0013."""

from django.db import migrations

from sealreg.database.walls import build_wall


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0011_suspension_requests"),
    ]

    operations = [
        build_wall("licensing_engravingshop", columns=("authority_no",), everyone_reads=True),
        build_wall("licensing_licenceapplication", columns=("authority_no",)),
        build_wall("licensing_shopfiling", columns=("authority_no",)),
        build_wall(
            "licensing_specialtradelicence",
            through=(("shop_id", "licensing_engravingshop", "organisation_id", "authority_no"),),
        ),
        build_wall("licensing_licencechange", columns=("authority_no",)),
        build_wall("licensing_revocationproposal", columns=("authority_no",)),
        build_wall("licensing_suspensionrequest", columns=("authority_no",)),
        build_wall("licensing_idlecase", columns=("authority_no",)),
        build_wall("licensing_registrynotice", columns=("authority_no",)),
        build_wall("licensing_applicationpaper", parents=(("application_id", "licensing_licenceapplication", "id"),)),
        build_wall("licensing_applicationclock", parents=(("application_id", "licensing_licenceapplication", "id"),)),
        build_wall(
            "licensing_correction",
            parents=(
                ("application_id", "licensing_licenceapplication", "id"),
                ("filing_id", "licensing_shopfiling", "id"),
            ),
        ),
        build_wall("licensing_correctionitem", parents=(("correction_id", "licensing_correction", "id"),)),
        build_wall("licensing_correctionmessage", parents=(("correction_id", "licensing_correction", "id"),)),
        build_wall("licensing_shopfilingpaper", parents=(("filing_id", "licensing_shopfiling", "id"),)),
        build_wall("licensing_shopfilingchange", parents=(("filing_id", "licensing_shopfiling", "id"),)),
        build_wall("licensing_revocationstatement", parents=(("proposal_id", "licensing_revocationproposal", "id"),)),
        build_wall("licensing_licencespell", parents=(("licence_id", "licensing_specialtradelicence", "id"),)),
        build_wall(
            "licensing_staffmember",
            through=(("shop_id", "licensing_engravingshop", "organisation_id", "authority_no"),),
        ),
        build_wall("licensing_staffversion", parents=(("member_id", "licensing_staffmember", "id"),)),
        build_wall(
            "licensing_shopchange", through=(("shop_id", "licensing_engravingshop", "organisation_id", "authority_no"),)
        ),
    ]
