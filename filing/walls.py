"""Records of filing that stop at the county line (备案的行级策略): the unit's county and the shop's, no third one."""

from sealreg.database.walls import Wall, register

BOTH = ("authority_no", "shop_authority_no")

register(
    Wall("filing.SealFiling", columns=BOTH),
    Wall("filing.Seal", columns=BOTH),
    Wall("filing.SealLoss", parents=("seal",)),
    Wall("filing.FilingReturn", parents=("filing",)),
    Wall("filing.Disavowal", parents=("filing",)),
    Wall("filing.Rating", parents=("filing",)),
)
