"""What the senders receive (订阅)."""

from django.conf import settings

from integration.messaging import mail, texting
from sealreg.notices.templates import EMAIL_TOPIC, SMS_TOPIC
from sealreg.outbox.registry import Policy, subscribe

# A notice of yesterday is of no use tomorrow: about an hour of trying, then a person looks.
POLICY = Policy(max_attempts=10, first_delay=8, longest_delay=1800, timeout=20, lease=90, batch=10)

subscribe(EMAIL_TOPIC, "mail", mail.send, policy=POLICY)
# Without a gateway nothing is queued for it, rather than piling up unsent.
if settings.SMS_BACKEND:
    subscribe(SMS_TOPIC, "sms", texting.send, policy=POLICY)
