"""What a comparison found: on the screen, as JSON, as an SVG plot, and as the README's table."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pygal  # type: ignore[import-untyped]
from pygal.style import LightSolarizedStyle  # type: ignore[import-untyped]

from tests.bench.comparison import Compared, Detail

ROOT = Path(__file__).parent.parent.parent
RESULTS = Path(__file__).parent / "results"
BEGIN = "<!-- bench: written by `make bench` -->"
END = "<!-- bench: end -->"


class Report(msgspec.Struct, frozen=True):
    """One run. ``machine`` is its size in words, and the Python that served on it."""

    date: str
    machine: str
    rounds: int
    seconds: float
    messages: int
    compared: list[Compared]
    details: list[Detail]


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores, system = os.cpu_count(), f"{platform.system()} on {platform.machine()}"
    return f"{cores} cores, {memory:.0f} GiB, {system}, Python {platform.python_version()}"


def today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def detail_line(detail: Detail) -> str:
    return (
        f"{detail.workload:46} {detail.peer:15} {_figure(detail.rate)}/s  p50 {_figure(detail.p50_ms)} ms"
        f"  p99 {_figure(detail.p99_ms)} ms  {_figure(detail.cpu_s_per_1000)} CPU s/1000  {_figure(detail.memory_mib)} MiB"
    )


def verdict_line(compared: Compared) -> str:
    asked = ""
    if compared.goal is not None:
        asked = f"goal {compared.goal:g}: {'reached' if compared.holds else 'MISSED'}"
    elif compared.ceiling is not None:
        asked = f"at most {compared.ceiling:g}: {'reached' if compared.holds else 'MISSED'}"
    return f"{compared.workload:46} {compared.unit:15} {compared.ratio_text}  {asked}".rstrip()


def _figure(value: float) -> str:
    return f"{value:9,.0f}" if value >= 100 else f"{value:9.3g}"


def save(report: Report) -> None:
    """JSON and plot of the run, in place of those of the run before."""
    RESULTS.mkdir(exist_ok=True)
    octets = msgspec.json.format(msgspec.json.encode(report), indent=1)
    (RESULTS / "latest.json").write_bytes(octets + b"\n")
    (RESULTS / "latest.svg").write_bytes(plot(report.compared))


def load() -> Report:
    return msgspec.json.decode((RESULTS / "latest.json").read_bytes(), type=Report)


def plot(compared: Sequence[Compared]) -> bytes:
    """A bar a row: how many times the best Dovecot we are; 1 is as good."""
    shown = [row for row in compared if row.ratio is not None]
    chart = pygal.HorizontalBar(
        title="Skrytka against the best Dovecot (1 is as good, more is better)",
        show_legend=False,
        logarithmic=True,
        style=LightSolarizedStyle,
        width=1_000,
        height=60 + 36 * len(shown),
        disable_xml_declaration=True,
        js=[],
        no_prefix=True,
    )
    chart.x_labels = [f"{row.workload}, {row.unit}" for row in shown]
    chart.add("", [round(row.ratio, 2) for row in shown if row.ratio is not None])
    rendered: str = chart.render()  # text, because there is no declaration of an encoding in it
    return rendered.encode()


def table(report: Report) -> str:
    """The README's table in Markdown."""
    peers = list(report.compared[0].medians)
    lines = [
        f"Measured on {report.date}: {report.machine}; {report.messages} messages in the large folder, medians of"
        f" {report.rounds} rounds of {report.seconds:g} s.",
        "",
        "| workload | " + " | ".join(peers) + " | to the best Dovecot |",
        "|---|" + "---|" * (len(peers) + 1),
    ]
    for row in report.compared:
        cells = (_cell(row.medians[peer]) if peer in row.medians else "" for peer in peers)
        lines.append(f"| {row.workload}, {row.unit} | " + " | ".join(cells) + f" | {row.ratio_text} |")
    return "\n".join(lines)


def _cell(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write_readme(report: Report) -> None:
    readme = ROOT / "README.md"
    text = readme.read_text()
    before, rest = text.split(BEGIN, 1)
    readme.write_text(f"{before}{BEGIN}\n{table(report)}\n{END}{rest.split(END, 1)[1]}")
