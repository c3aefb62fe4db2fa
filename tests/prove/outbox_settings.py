"""Settings of the processes the outbox proof starts and kills (证明环境)."""

from sealreg.settings.test import *  # noqa: F403
from sealreg.settings.test import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.prove.outbox_app"]
