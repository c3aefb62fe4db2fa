"""What the portal listens to (订阅)."""

from sealreg.outbox.alarms import listen
from sealreg.portal.alarms import tell_operators

listen(tell_operators)
