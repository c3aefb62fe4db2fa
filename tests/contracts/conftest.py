"""One pair of mocks for the contract tests of a worker, emptied before each test (模拟服务夹具)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration.agency_http import Limits
from integration.business_registration.client import RegistryClient
from integration.ministry.client import MinistryClient
from tests.contracts.mocks import HOSTS, MINISTRY, REGISTRY, Mock, running

QUICK = Limits(connect=1, read=5, write=5, total=8)


@pytest.fixture(scope="session")
def _registry_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with running(REGISTRY, tmp_path_factory.mktemp("registry")) as mock:
        yield mock


@pytest.fixture(scope="session")
def _ministry_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with running(MINISTRY, tmp_path_factory.mktemp("ministry")) as mock:
        yield mock


@pytest.fixture
def registry(_registry_process: Mock) -> Mock:
    _registry_process.post("/_control/reset", {})
    return _registry_process


@pytest.fixture
def ministry(_ministry_process: Mock) -> Mock:
    _ministry_process.post("/_control/reset", {})
    return _ministry_process


@pytest.fixture
def registry_client(registry: Mock) -> Iterator[RegistryClient]:
    with RegistryClient(registry.url, allowed_hosts=HOSTS, limits=QUICK) as client:
        yield client


@pytest.fixture
def ministry_client(ministry: Mock) -> Iterator[MinistryClient]:
    with MinistryClient(ministry.url, allowed_hosts=HOSTS, limits=QUICK) as client:
        yield client
