"""The jobs run on the same cores as the services."""

from tests.contract.services.conftest import clock, core

__all__ = ["clock", "core"]
