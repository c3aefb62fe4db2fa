"""Settings of the processes the filing proof starts and kills (证明环境)."""

import os

from sealreg.settings.test import *  # noqa: F403
from sealreg.settings.test import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.prove.filing_app"]
REGISTRY_URL = os.environ["PROVE_REGISTRY"]
MINISTRY_URL = os.environ["PROVE_MINISTRY"]
