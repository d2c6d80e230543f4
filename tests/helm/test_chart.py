"""The chart as Helm and Kubernetes judge it: lint, strict schemas of the oldest and the newest API, and what is refused."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests.helm import settings_schema
from tests.helm.charts import CHART, INSTALLATIONS, ROOT, SCALED, VALUES, Manifest, helm, options

OLDEST = "1.27"
"""The chart's ``kubeVersion``."""
REFUSED = sorted((VALUES / "refused").glob("*.yaml"))


@pytest.mark.parametrize("files", INSTALLATIONS.values(), ids=INSTALLATIONS)
def test_lint_finds_nothing(files: tuple[str, ...]) -> None:
    done = helm("lint", "--strict", str(CHART), *options(files))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", [OLDEST, kubernetes_validate.latest_version()])
def test_kubernetes_would_take_every_manifest(rendered: list[Manifest], version: str) -> None:
    assert rendered
    for manifest in rendered:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_the_judge_is_strict(scaled: list[Manifest]) -> None:
    """A misspelt field, which a cluster drops without a word, would be seen."""
    (job,) = (each for each in scaled if each["kind"] == "Job")
    job["spec"]["template"]["spec"]["enableServiceLink"] = False
    with pytest.raises(kubernetes_validate.ValidationError, match="enableServiceLink"):
        kubernetes_validate.validate(job, OLDEST, strict=True)


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_refused(path: Path) -> None:
    """The first line says what Helm says, a second one over which values."""
    expected, *more = [line.removeprefix("# ") for line in path.read_text().splitlines() if line.startswith("# ")]
    below = [each.removeprefix("on ") for each in more]
    done = helm("template", "mail", str(CHART), *options([*below, str(path)]))
    assert done.returncode != 0
    assert f"- {expected}\n" in done.stderr
    assert "open-sesame" not in done.stdout + done.stderr, "a value may be a secret"


def test_the_schema_knows_the_settings_of_the_code() -> None:
    assert settings_schema.SCHEMA.read_text() == settings_schema.document(), "run python -m tests.helm.settings_schema"


def test_nothing_that_is_not_in_the_schema_is_a_value() -> None:
    """Every object says what it may hold, but for those that Kubernetes knows better."""
    free = {"global", "nodeAffinity", "podSelector", "namespaceSelector", "ipBlock", "podSecurityContext", "objects"}

    def look(schema: object, name: str) -> None:
        if isinstance(schema, list):
            for each in schema:
                look(each, name)
        if not isinstance(schema, dict):
            return
        if schema.get("type") == "object" and name not in free:
            assert "additionalProperties" in schema, name
        for key, each in schema.items():
            inner = each.items() if key in ("properties", "definitions") else [(name, each)]
            for inner_name, inner_schema in inner:
                look(inner_schema, inner_name)

    look(json.loads((CHART / "values.schema.json").read_text()), "")


def test_no_value_can_be_taken_away() -> None:
    """Null removes a default: without ``required`` a scaled installation could lose its shared volume, and so its mail."""
    free = {"podSecurityContext", "resources"}  # OpenShift sets users itself; a limit may be none

    def look(schema: Manifest, values: object, name: str) -> None:
        if name in free or not isinstance(values, dict) or not values:
            return
        assert schema["required"] == list(values), name
        for key, value in values.items():
            look(schema["properties"][key], value, key)

    schema = json.loads((CHART / "values.schema.json").read_text())
    look(schema, yaml.safe_load((CHART / "values.yaml").read_text()), "")
    assert schema["properties"]["podSecurityContext"]["required"] == ["runAsNonRoot"]


def notes(folder: Path, *files: str) -> str:
    """NOTES.txt as it is shown after an install; ``helm template`` leaves it out, so a copy of the chart has it elsewhere."""
    chart = shutil.copytree(CHART, folder / "skrytka")
    text = (chart / "templates" / "NOTES.txt").read_text()
    shown = '{{- define "notes" -}}\n' + text + '{{- end -}}\nnotes: {{ include "notes" . | toJson }}\n'
    (chart / "templates" / "shown.yaml").write_text(shown)
    shown_only = ("--show-only", "templates/shown.yaml", "--namespace", "post", "--skip-schema-validation")
    done = helm("template", "mail", str(chart), *shown_only, *options(files))
    assert done.returncode == 0, done.stderr
    told: str = yaml.safe_load(done.stdout)["notes"]
    return told


def test_the_notes_of_all_in_one_say_where_the_key_is(tmp_path: Path) -> None:
    told = notes(tmp_path)
    assert "kubectl -n post exec mail-skrytka-0 -- cat /var/lib/skrytka/admin.key\n" in told
    assert "mail-skrytka-imap: imap on 143 imaps on 993\n" in told
    assert "WARNING: tls.existingSecret is not set" in told


def test_the_notes_of_scaled_name_the_secret_of_the_key(tmp_path: Path) -> None:
    told = notes(tmp_path, SCALED, "tls.yaml")
    command = "kubectl -n post get secret skrytka-key -o jsonpath='{.data.key}' | base64 -d\n"
    assert command in told
    assert "mail-skrytka-imap: imaps on 993\n" in told
    assert "WARNING" not in told
    assert "the claim skrytka-blobs, which has to be ReadWriteMany" in told


def test_the_chart_is_of_this_release() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert chart["appVersion"] == project["version"]
    assert chart["kubeVersion"] == f">={OLDEST}.0-0"
