"""What the portal listens to (订阅)."""

import sealreg.portal.refused_counter  # noqa: F401 - offers its figure to the shop's workbench
from sealreg.outbox.alarms import listen
from sealreg.portal.alarms import tell_operators

listen(tell_operators)
