"""Records of licensing that stop at the county line (许可案卷的行级策略).

The shop itself is for everyone to read, in the public directory and on the page of a filing made elsewhere; but only
its own ground changes it, for licence, staff and changes follow its authority.
"""

from sealreg.database.walls import Wall, register

register(
    Wall("licensing.EngravingShop", columns=("authority_no",), everyone_reads=True),
    Wall("licensing.LicenceApplication", columns=("authority_no",)),
    Wall("licensing.ShopFiling", columns=("authority_no",)),
    Wall("licensing.SpecialTradeLicence", columns=("shop__authority_no",)),
    Wall("licensing.LicenceChange", columns=("authority_no",)),
    Wall("licensing.RevocationProposal", columns=("authority_no",)),
    Wall("licensing.SuspensionRequest", columns=("authority_no",)),
    Wall("licensing.IdleCase", columns=("authority_no",)),
    Wall("licensing.RegistryNotice", columns=("authority_no",)),
    Wall("licensing.ApplicationPaper", parents=("application",)),
    Wall("licensing.ApplicationClock", parents=("application",)),
    Wall("licensing.Correction", parents=("application", "filing")),
    Wall("licensing.CorrectionItem", parents=("correction",)),
    Wall("licensing.CorrectionMessage", parents=("correction",)),
    Wall("licensing.ShopFilingPaper", parents=("filing",)),
    Wall("licensing.ShopFilingChange", parents=("filing",)),
    Wall("licensing.RevocationStatement", parents=("proposal",)),
    Wall("licensing.LicenceSpell", parents=("licence",)),
    Wall("licensing.StaffMember", columns=("shop__authority_no",)),
    Wall("licensing.StaffVersion", parents=("member",)),
    Wall("licensing.ShopChange", columns=("shop__authority_no",)),
)
