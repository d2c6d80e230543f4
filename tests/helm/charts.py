"""The chart, linted and rendered by the real Helm, without a cluster."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
CHART = ROOT / "helm" / "skrytka"
VALUES = Path(__file__).parent / "values"
SCALED = "scaled.yaml"
INSTALLATIONS: dict[str, tuple[str, ...]] = {
    "defaults": (),
    "all-in-one": ("all-in-one.yaml",),
    "all-in-one with TLS": ("all-in-one.yaml", "tls.yaml"),
    "scaled": (SCALED,),
    "scaled with TLS": (SCALED, "tls.yaml"),
    "scaled behind proxies": (SCALED, "proxy-protocol.yaml"),
    "scaled with shards": (SCALED, "shards.yaml"),
}
"""Values files by what they describe; later ones go over earlier ones."""

Manifest = dict[str, Any]


def helm(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run Helm with a home of its own and no cluster."""
    beside = Path(sys.executable).with_name("helm")
    program = str(beside) if beside.exists() else shutil.which("helm")
    assert program, "helm is missing: make .venv/dev.installed"
    with tempfile.TemporaryDirectory(prefix="skrytka-helm-") as home:
        homes = {f"HELM_{each}_HOME": f"{home}/{each}" for each in ("CACHE", "CONFIG", "DATA")}
        return subprocess.run(
            [program, *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": home, "KUBECONFIG": os.devnull, **homes},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def options(files: Sequence[str]) -> list[str]:
    return [part for name in files for part in ("--values", str(VALUES / name))]


def render(*files: str, given: Sequence[str] = ()) -> list[Manifest]:
    """What ``helm install mail`` would create, hooks too."""
    return manifests(_text(*options(files), *given))


@functools.cache
def _text(*arguments: str) -> str:
    done = helm("template", "mail", str(CHART), "--namespace", "post", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def manifests(text: str) -> list[Manifest]:
    return [each for each in yaml.safe_load_all(text) if each]


def of_kind(rendered: Sequence[Manifest], kind: str) -> dict[str, Manifest]:
    """Manifests of a kind by name."""
    return {each["metadata"]["name"]: each for each in rendered if each["kind"] == kind}


def workloads(rendered: Sequence[Manifest]) -> dict[str, Manifest]:
    """What has pods, by name."""
    return {
        name: each for kind in ("Deployment", "StatefulSet", "Job") for name, each in of_kind(rendered, kind).items()
    }


def pods(rendered: Sequence[Manifest]) -> dict[str, Manifest]:
    """The pod template of each workload, by the workload's name."""
    return {name: each["spec"]["template"] for name, each in workloads(rendered).items()}


def serving(rendered: Sequence[Manifest]) -> dict[str, Manifest]:
    """The same without the migration."""
    return {name: pod for name, pod in pods(rendered).items() if not name.endswith("-migration")}


def container(pod: Manifest) -> Manifest:
    (only,) = pod["spec"]["containers"]
    found: Manifest = only
    return found


def ports(pod: Manifest) -> dict[str, int]:
    return {each["name"]: each["containerPort"] for each in container(pod)["ports"]}


def plugins(pod: Manifest) -> list[str]:
    """What the pod serves, by its command line."""
    serve, option, names = container(pod)["args"]
    assert (serve, option) == ("serve", "--plugins")
    served: list[str] = names.split(",")
    return served


def environment(pod: Manifest, secrets: dict[str, dict[str, str]]) -> dict[str, str]:
    """A container's environment as the kubelet makes it: ``KeyError`` for a Secret or key that is not there."""
    found: dict[str, str] = {}
    for each in container(pod)["env"]:
        assert each["name"] not in found, f"{each['name']} is given twice"
        if "value" in each:
            found[each["name"]] = each["value"]
        else:
            reference = each["valueFrom"]["secretKeyRef"]
            found[each["name"]] = secrets[reference["name"]][reference["key"]]
    return found


SECRETS = {
    "skrytka-store": {
        "url": "postgresql://skrytka:open-sesame@db/skrytka",
        "shard-urls": "postgresql://skrytka:open-sesame@db-1/skrytka,postgresql://skrytka:open-sesame@db-2/skrytka",
    },
    "skrytka-redis": {"url": "redis://:open-sesame@redis"},
    "skrytka-key": {"key": "open-sesame"},
}
"""The Secrets that the values files name."""
