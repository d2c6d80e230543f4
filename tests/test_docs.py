"""The docs say what is true: names in the README exist; the tour itself runs in tests/live/test_tour.py."""

from __future__ import annotations

import ast
import re
import sys
import types
from pathlib import Path

import pluggy
import pytest

from skrytka.plugin_api import Delivery, model
from skrytka.plugin_host import hookspecs, manager

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:backend|plugins|tests|openapi)/[\w/.]+)`", README))))
def test_paths_exist(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("goal", sorted(set(re.findall(r"`?make (\w+)`?", README)) - {"and"}))
def test_make_goals_exist(goal: str) -> None:
    assert re.search(rf"^{goal}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_readme_starts_with_the_two_commands() -> None:
    first = README.split("```sh\n", 1)[1].split("```", 1)[0]
    assert [line.split("#")[0].strip() for line in first.strip().splitlines()] == ["make run", "make test"]


RUN_BY = {
    "make run": "tests/live/test_make_run.py",
    "make test": ".ci/run",
    "make check": ".ci/run",
    "make bench": "tests/live/test_make_goals.py",
    "make fuzz": "tests/live/test_make_goals.py",
    "make crash": "tests/live/test_make_goals.py",
    "make openapi": "tests/live/test_make_goals.py",
    "skrytka migrate": "tests/live/test_migrate.py",
    "skrytka check --repair": "tests/live/test_serve.py",
    "skrytka serve": "tests/live/serving.py",
    "skrytka serve --config skrytka.toml": "tests/live/test_serve.py",
}
"""What runs the commands that the docs name; the tour is run whole by tests/live/test_tour.py."""

TOOLS = {"make": "make", "run": "skrytka", "command": "skrytka"}
"""Functions of the tests that run a tool, or say how it is called."""


def words_of(node: ast.Call | ast.List) -> list[str]:
    """``["check", "--repair"]`` of ``run("check", "--repair", data_dir=...)``, with the tool in front."""
    if isinstance(node, ast.List):
        found, parts = [], node.elts
    else:
        found, parts = (
            [TOOLS[node.func.id]] if isinstance(node.func, ast.Name) and node.func.id in TOOLS else [],
            node.args,
        )
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            found.append(part.value)
        elif isinstance(part, ast.Starred) and isinstance(part.value, ast.Call):
            found += words_of(part.value)
    return found


def runs(path: Path, command: str) -> bool:
    """Whether the file has a call, or a list of arguments, with the words of the command in their order."""
    text = path.read_text()
    if path.suffix != ".py":
        return command in text.splitlines()
    words = [word for word in command.split() if "." not in word]  # the tests have files of their own
    said = [words_of(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call | ast.List)]
    return any(words == each[start : start + len(words)] for each in said for start in range(len(each)))


def test_every_command_of_the_docs_is_run() -> None:
    tour = README.split("## A tour in five minutes", 1)[1].split("\n## ", 1)[0]
    blocks = "".join(re.findall(r"```sh\n(.*?)```", README.replace(tour, ""), re.DOTALL))
    lines = [re.sub(r"^(SKRYTKA_\w+=\S+ )*", "", line).split("#")[0].strip() for line in blocks.splitlines()]
    named = re.findall(r"`((?:make|skrytka) [^`]+)`", README)
    assert {line for line in [*lines, *named] if line} == set(RUN_BY)
    for command, path in RUN_BY.items():
        assert runs(ROOT / path, command), f"{path} does not run {command!r}"


def test_what_counts_as_running() -> None:
    assert runs(ROOT / "tests/live/test_serve.py", "skrytka version")
    assert not runs(ROOT / "tests/live/test_serve.py", "skrytka export")
    assert not runs(ROOT / "tests/live/test_make_goals.py", "make run")
    assert not runs(ROOT / ".ci/run", "make bench")


async def test_the_plugin_of_the_guide_works() -> None:
    source = (ROOT / "plugins/README.md").read_text().split("```python\n", 1)[1].split("```", 1)[0]
    module = types.ModuleType("fortune_plugin")
    sys.modules[module.__name__] = module
    exec(compile(source, "plugins/README.md", "exec"), module.__dict__)
    plugins = pluggy.PluginManager("skrytka")
    plugins.add_hookspecs(hookspecs)
    plugins.register(module, "fortune")
    plugins.check_pending()
    collected = manager.collect(plugins)
    assert collected.sections()["fortune"]().listen == "127.0.0.1:1717"
    (letters,) = collected.extensions.delivery_filters
    ann = model.MailboxRef(model.MailboxId(1), "0", "ann@example.org")
    mail = Delivery("letters@example.net", "ann@example.org", b"")
    assert (await letters.filter(ann, mail)).folder == "Archive"
    assert (await letters.filter(ann, Delivery("bob@example.net", "ann@example.org", b""))).folder is None


def test_the_plugin_of_the_guide_imports_only_the_plugin_api() -> None:
    source = (ROOT / "plugins/README.md").read_text()
    assert set(re.findall(r"from (skrytka[\w.]*) import", source)) == {"skrytka.plugin_api"}
