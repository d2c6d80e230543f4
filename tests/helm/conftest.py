"""Rendered installations."""

from __future__ import annotations

import pytest

from tests.helm.charts import INSTALLATIONS, SCALED, Manifest, render


@pytest.fixture(params=sorted(INSTALLATIONS))
def rendered(request: pytest.FixtureRequest) -> list[Manifest]:
    """Runs the test on every installation."""
    return render(*INSTALLATIONS[request.param])


@pytest.fixture
def scaled() -> list[Manifest]:
    return render(SCALED)
