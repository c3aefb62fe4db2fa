"""The application as served, for benchmarks (测量配置): pooled connections, static files without hashes."""

from sealreg.settings.test import *  # noqa: F403
from sealreg.settings.test import DATABASES

DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 2, "max_size": 8, "timeout": 10}}
ROOT_URLCONF = "tests.bench.urls"
API_RATES = {"client": (5_000, 1_000_000), "sandbox": (1, 1), "public": (1_000, 1_000)}
