"""One service for all tests of mail programs: each works on a mailbox of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.serving import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    served = Service(tmp_path_factory.mktemp("clients") / "var").start()
    yield served
    served.stop()
    assert "Traceback" not in served.log(), served.log()
