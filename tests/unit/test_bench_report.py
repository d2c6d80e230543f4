"""What `make bench` keeps of a run: readable again, drawn, and as the README's table."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import report
from tests.bench.comparison import Compared, Detail

COMPARED = Compared("STATUS", "/s", {"Dovecot, plain": 50.0, "Skrytka": 100.0}, 2.0, 1.5, None)
DETAIL = Detail("STATUS", "Skrytka", 100.0, 1.0, 2.0, 0.5, 30.0)
RUN = report.Report("2026-11-25", "2 cores", 3, 1.0, 2_000, [COMPARED], [DETAIL])


def test_a_run_is_kept_and_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    report.save(RUN)
    assert report.load() == RUN
    assert ElementTree.parse(tmp_path / "results" / "latest.svg").getroot().tag.endswith("svg")


def test_the_table_stands_between_its_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "ROOT", tmp_path)
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.write_readme(RUN)
    lines = readme.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("before", "after")
    assert "| STATUS, /s | 50 | 100 | 2.00 times |" in lines
    assert "old" not in lines
