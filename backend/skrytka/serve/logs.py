"""Logging to stderr, as lines for people or as JSON for collectors."""

from __future__ import annotations

import logging
import sys
import time

import msgspec

from skrytka.settings import Log

_QUIET = {"uvicorn.error": logging.WARNING, "asyncio": logging.WARNING, "apsw": logging.WARNING}


class _Text(logging.Formatter):
    """``2026-01-31T12:00:00Z warning w1 skrytka.bus.redis: the text``."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        head = f"{_moment(record)} {record.levelname.lower()} {self._process} {record.name}: "
        return head + _text(self, record)


class _Json(logging.Formatter):
    """One object a line."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": _text(self, record),
        }
        return msgspec.json.encode(entry).decode()


def configure(settings: Log, process: str) -> None:
    """Send everything to stderr; ``process`` tells the workers apart."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(process) if settings.format == "json" else _Text(process))
    level = settings.level.upper()
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, logging.getLevelNamesMapping()[level]))


def _moment(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"


def _text(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    text = record.getMessage()
    if record.exc_info:
        text += "\n" + formatter.formatException(record.exc_info)
    return text
