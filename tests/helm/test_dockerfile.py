"""The image without a container engine: the Dockerfile's own steps are run in a folder, and what they leave is served.

Paths are those of the Dockerfile below a temporary folder instead of ``/``; ``python3`` is the interpreter of these tests,
which stands for the base image, in a copy where the image's user could not reach it. What this cannot see: whether the base
image has what is needed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.helm import dockerfile
from tests.helm.charts import ROOT
from tests.helm.dockerfile import Instruction, Stage
from tests.servers import free_port

INSTALL_LIMIT_S = 420
READY_LIMIT_S = 60
ABSOLUTE = re.compile(r"(?<![\w.:/-])/(?=(?:opt|src|var|tmp)\b)")


class Image(msgspec.Struct, frozen=True):
    """What ``docker build`` would have made: a root folder, an environment and the last stage's words."""

    root: Path
    environment: dict[str, str]
    last: Stage

    def run(self, command: list[str], stdout: int | None = None) -> subprocess.Popen[bytes]:
        """Run a command as ``USER`` says, as far as we may become that user."""
        prefix = ["setpriv", "--pdeathsig", "TERM"]
        user, _, group = self.last.one("USER").rest.partition(":")
        if os.geteuid() == 0:
            prefix += ["--reuid", user, "--regid", group, "--clear-groups"]
        return subprocess.Popen([*prefix, *command], env=self.environment, cwd="/", stdout=stdout)


def reachable(path: Path) -> bool:
    """Whether any user may enter the folders above."""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)


def base_image(folder: Path) -> tuple[str, dict[str, str]]:
    """The folder of ``python3``, and what the environment needs for it."""
    original = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    if os.geteuid() != 0 or reachable(original):
        return str(original.parent), {}
    library, stdlib = folder / "lib", Path(sysconfig.get_path("stdlib"))
    shutil.copytree(stdlib, library / stdlib.name, ignore=shutil.ignore_patterns("site-packages", "test", "config-*"))
    (library / stdlib.name / "site-packages").mkdir()
    for shared in Path(sysconfig.get_config_var("LIBDIR")).glob("libpython3*.so*"):
        shutil.copy2(shared, library)
    (folder / "bin").mkdir()
    shutil.copy2(original, folder / "bin" / "python3")
    return str(folder / "bin"), {"LD_LIBRARY_PATH": str(library)}


def substituted(text: str, root: Path) -> str:
    return ABSOLUTE.sub(f"{root}/", text)


def copy(instruction: Instruction, context: Path, workdir: Path, patterns: list[str]) -> None:
    """``COPY`` from the project, without what ``.dockerignore`` leaves out."""
    *sources, target = instruction.arguments()
    for source in sources:
        files = [context / source] if (context / source).is_file() else sorted((context / source).rglob("*"))
        for file in files:
            name = file.relative_to(context).as_posix()
            if file.is_file() and not dockerfile.ignored(name, patterns):
                below = file.name if file == context / source else file.relative_to(context / source).as_posix()
                there = workdir / target / below
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, there)


def build(stage: Stage, context: Path, root: Path, base: dict[str, str]) -> None:
    """Run a stage's steps in their order."""
    workdir = root
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
    # Half the files, and less work; the image itself has them compiled.
    environment = {**kept, **base, "HOME": str(root), "PIP_NO_COMPILE": "1"}
    patterns = dockerfile.ignore_patterns(context / ".dockerignore")
    for each in stage.instructions:
        match each.word:
            case "WORKDIR":
                workdir = Path(substituted(each.rest, root))
                workdir.mkdir(parents=True)
            case "COPY":
                copy(each, context, workdir, patterns)
            case "RUN":
                command = ["/bin/sh", "-c", substituted(each.rest, root)]
                subprocess.run(command, cwd=workdir, env=environment, timeout=INSTALL_LIMIT_S, check=True)
            case _:
                raise AssertionError(f"{each.word} in a stage that is only built")


def assemble(last: Stage, built: Path, root: Path, base: dict[str, str]) -> dict[str, str]:
    """The last stage: what it copies from the builder, its environment, and nothing else of the builder."""
    for each in last.all("COPY"):
        assert each.options()["from"] == "builder"
        source, target = (
            Path(substituted(part, folder)) for part, folder in zip(each.arguments(), (built, root), strict=True)
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
        if "chown" in each.options() and os.geteuid() == 0:
            user, group = map(int, each.options()["chown"].split(":"))
            os.chown(target, user, group)
    (root / "tmp").mkdir(mode=0o777)
    (root / "tmp").chmod(0o1777)
    environment = dict(base)
    for name, value in last.one("ENV").pairs().items():
        environment[name] = substituted(value, root).replace("$PATH", environment["PATH"])
    return environment


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Not in pytest's temporary folder, which another user may not enter."""
    builder, last = dockerfile.read(ROOT / "Dockerfile")
    with tempfile.TemporaryDirectory(prefix="skrytka-image-") as folder:
        root = Path(folder) / "root"
        root.parent.chmod(0o755)
        context = Path(folder) / "context"
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in listed.decode().rstrip("\0").split("\0"):
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, context / name)
        root.mkdir()
        path, needed = base_image(Path(folder) / "base")
        base = {**needed, "PATH": f"{path}:/usr/bin:/bin"}
        build(builder, context, root, base)
        built = root.rename(Path(folder) / "builder")  # so that the last stage can use nothing that it did not copy
        root.mkdir()
        environment = assemble(last, built, root, base)
        yield Image(root, environment, last)


def listeners(environment: dict[str, str]) -> dict[str, int]:
    """The ports that the image's environment listens on, by variable."""
    return {name: int(text.rpartition(":")[2]) for name, text in environment.items() if "LISTEN" in name}


def installed(image: Image) -> dict[str, str]:
    """Versions by name, as pip normalises names (PEP 503)."""
    code = "import importlib.metadata as m; print(*(f'{d.name}=={d.version}' for d in m.distributions()))"
    listed = image.run([str(image.root / "opt/skrytka/bin/python3"), "-c", code], subprocess.PIPE)
    output, _ = listed.communicate(timeout=60)
    return versions(output.decode().split())


def versions(pinned: list[str]) -> dict[str, str]:
    pairs = (each.split("==") for each in pinned)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pairs}


@pytest.mark.timeout(INSTALL_LIMIT_S + 2 * READY_LIMIT_S)
def test_what_is_built_has_the_pinned_versions_serves_and_is_healthy(image: Image) -> None:
    """One test, so that the image is built once, whoever runs the tests side by side."""
    found = installed(image)
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = versions([line for line in lines if line and not line.startswith("#")])
    assert found.pop("skrytka") == "0.1.0"
    assert found == {name: pinned.get(name) for name in found}
    assert "msgspec" in found
    assert not {"pip", "pytest", "mypy", "kubernetes-validate"} & set(found)
    serves_and_is_healthy(image)


def serves_and_is_healthy(image: Image) -> None:
    ports = {name: free_port() for name in listeners(image.environment)}
    health = ports["SKRYTKA_SERVE__HEALTH_LISTEN"]
    environment = {**image.environment, **{name: f"127.0.0.1:{port}" for name, port in ports.items()}}
    started = Image(image.root, environment, image.last)
    (program,) = image.last.one("ENTRYPOINT").arguments()
    found = shutil.which(program, path=environment["PATH"])
    assert found == str(image.root / "opt/skrytka/bin/skrytka")
    keys = {name: name.removeprefix("SKRYTKA_").lower().replace("__", ".") for name in ports}
    waited_for = {f"{keys[name]} is ready on 127.0.0.1:{port}" for name, port in ports.items()}
    served = started.run([found, *image.last.one("CMD").arguments()], subprocess.PIPE)
    try:
        python, *check = image.last.one("HEALTHCHECK").arguments()
        interpreter = shutil.which(python, path=environment["PATH"])
        assert interpreter == str(image.root / "opt/skrytka/bin/python3")
        command = [interpreter, *(each.replace(":8081/", f":{health}/") for each in check)]
        deadline = time.monotonic() + READY_LIMIT_S
        while started.run(command).wait(READY_LIMIT_S) != 0:
            assert served.poll() is None, "it ended"
            assert time.monotonic() < deadline, "it is not healthy"
            time.sleep(1)
        assert served.stdout is not None
        for line in served.stdout:  # until all are ready; the first worker answers before the others
            waited_for.discard(line.decode().rstrip())
            if not waited_for:
                break
        assert not waited_for
        data = image.root / "var/lib/skrytka"
        assert (data / "admin.key").stat().st_mode & 0o777 == 0o600
        if os.geteuid() == 0:
            assert (data / "admin.key").stat().st_uid == 10_001
    finally:
        served.terminate()
        served.communicate(timeout=READY_LIMIT_S)
    assert served.returncode == 0


def test_the_words_of_the_last_stage() -> None:
    builder, last = dockerfile.read(ROOT / "Dockerfile")
    assert builder.base == last.base == "python:3.11-slim-bookworm"
    environment = last.one("ENV").pairs()
    opened = {port for name, port in listeners(environment).items() if "HEALTH" not in name}
    assert {int(port) for port in last.one("EXPOSE").arguments()} == opened
    assert last.one("USER").rest == "10001:10001"
    assert last.one("VOLUME").rest == environment["SKRYTKA_DATA_DIR"] == "/var/lib/skrytka"
    assert not last.all("RUN"), "nothing that this test could not run without being root"
    for each in last.all("COPY")[:1]:
        assert len(set(each.arguments())) == 1, "a virtual environment cannot be moved"


@pytest.mark.parametrize(
    ("path", "left_out"),
    [
        ("backend/skrytka/store/migrations/directory/0001_directory.sql", False),
        ("plugins/skrytka_imap/plugin.py", False),
        ("constraints.txt", False),
        ("backend/skrytka/__pycache__/core.cpython-311.pyc", True),
        ("var/admin.key", True),
        (".git/config", True),
        ("tests/conftest.py", True),
    ],
)
def test_what_stays_out_of_the_build(path: str, left_out: bool) -> None:
    assert dockerfile.ignored(path, dockerfile.ignore_patterns(ROOT / ".dockerignore")) is left_out
