"""Runs what is rendered: a pod's command and environment as real processes, and its probes, asked as the kubelet asks them.

Mounts are folders below a temporary one and container ports are free ports of this machine; all else is as rendered, over
the environment of the image.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.helm import dockerfile
from tests.helm.charts import ROOT, Manifest, container, environment, ports
from tests.live.serving import command
from tests.servers import free_port

POLL_S = 0.05


class Pod:
    """One pod on a node of its own. ``volumes`` are folders by the volume's name, for those that are no ``emptyDir``."""

    def __init__(
        self, template: Manifest, node: Path, volumes: Mapping[str, Path], secrets: dict[str, dict[str, str]]
    ) -> None:
        self._template = template
        self._container = container(template)
        self.mounts: dict[str, Path] = {}
        for mount in self._container["volumeMounts"]:
            folder = volumes.get(mount["name"], node / mount["name"])
            folder.mkdir(parents=True, exist_ok=True)
            self.mounts[mount["mountPath"]] = folder
        self.ports = {name: free_port() for name in (ports(template) if "ports" in self._container else ())}
        image = dockerfile.read(ROOT / "Dockerfile")[-1].one("ENV").pairs()
        given = {**image, **environment(template, secrets)}
        self._environment = {name: self._here(text) for name, text in given.items() if name != "PATH"}
        self._environment |= {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._log = node / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def _here(self, text: str) -> str:
        """Paths below a mount, and addresses of a container port, as they are on this machine."""
        mounted = "|".join(map(re.escape, self.mounts))
        text = re.sub(rf"^((?:file://)?)({mounted})(?=/|$)", lambda found: f"{found[1]}{self.mounts[found[2]]}", text)
        for name, port in self.ports.items():
            text = re.sub(rf"^0\.0\.0\.0:{ports(self._template)[name]}$", f"127.0.0.1:{port}", text)
        return text

    def run(self) -> subprocess.CompletedProcess[str]:
        """A pod that ends by itself."""
        return subprocess.run(
            [*command(), *self._container["args"]],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command(), *self._container["args"]],
                env=self._environment,
                cwd=self._log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_until_started(self) -> None:
        """Until the startup probe succeeds, and all workers listen on all ports of the container, and on no other."""
        probe = self._container["startupProbe"]
        deadline = time.monotonic() + min(probe["periodSeconds"] * probe["failureThreshold"], 60)
        while self.probe("startupProbe") != 200 or self.listening() != set(self.ports.values()):
            assert self._process is not None
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(POLL_S)

    def probe(self, name: str) -> int | None:
        """The status that a probe gets; None when nobody answers."""
        wanted = self._container[name]["httpGet"]
        url = f"http://127.0.0.1:{self.ports[wanted['port']]}{wanted['path']}"
        try:
            with urllib.request.urlopen(url, timeout=self._container[name]["timeoutSeconds"]) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def listening(self) -> set[int]:
        """The ports that it says it is ready on."""
        return {int(port) for port in re.findall(r"^[\w.]+ is ready on 127\.0\.0\.1:(\d+)$", self.log(), re.MULTILINE)}

    def stop(self) -> int:
        """The exit status after SIGTERM, as far as the grace period allows."""
        assert self._process is not None
        self._process.terminate()
        try:
            return self._process.wait(self._template["spec"]["terminationGracePeriodSeconds"])
        finally:
            self._process.kill()

    def log(self) -> str:
        return self._log.read_text()
