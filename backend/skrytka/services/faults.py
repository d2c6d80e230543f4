"""Every fault of a request is told at once: services look for all of them before they refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ParamSpec

from skrytka.errors import Fault, Invalid

P = ParamSpec("P")


def faults_of(check: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> tuple[Fault, ...]:
    """What ``check`` would raise as ``Invalid``."""
    try:
        check(*args, **kwargs)
    except Invalid as error:
        return error.faults
    return ()


def refuse(faults: Iterable[Fault]) -> None:
    """``Invalid`` with all of them, if there are any."""
    found = tuple(faults)
    if found:
        (field, reason), *more = found
        raise Invalid(field, reason, *more)
