"""What each pod is told is fed to Skrytka's own loading of settings: Helm's idea of an environment is not trusted."""

from __future__ import annotations

import json

import pytest

from skrytka.plugin_host import manager
from skrytka.serve import settings_loading
from skrytka.services import bootstrap
from skrytka.settings import Serve, Settings, SettingsError
from tests.helm import dockerfile
from tests.helm.charts import (
    ROOT,
    SCALED,
    SECRETS,
    VALUES,
    Manifest,
    environment,
    helm,
    of_kind,
    plugins,
    pods,
    render,
    serving,
)
from tests.helm.settings_schema import FRONT_ENDS, settings_schema


def load(given: dict[str, str], names: list[str]) -> Settings:
    """As ``skrytka serve --plugins`` does."""
    sources = settings_loading.with_plugins(settings_loading.read(None, given), ",".join(names))
    loaded = manager.load(settings_loading.plugin_names(sources))
    return settings_loading.build(sources, loaded.sections(), unused=manager.installed())


def loaded(rendered: list[Manifest]) -> dict[str, Settings]:
    return {name: load(environment(pod, SECRETS), plugins(pod)) for name, pod in serving(rendered).items()}


def test_every_pod_has_settings_that_skrytka_takes(rendered: list[Manifest]) -> None:
    for name, settings in loaded(rendered).items():
        assert settings.data_dir == "/var/lib/skrytka", name
        assert settings.serve.workers >= 1, "0 would be a worker for each core of the node"
        assert settings.serve.plugins


def test_the_migration_has_settings_that_skrytka_takes(scaled: list[Manifest]) -> None:
    (job,) = of_kind(scaled, "Job").values()
    settings = load(environment(job["spec"]["template"], SECRETS), list(Serve().plugins))
    assert settings.store.url == SECRETS["skrytka-store"]["url"]
    assert settings.store.shards == 2


def test_every_name_is_read(rendered: list[Manifest]) -> None:
    """Names without ``__`` are ignored where nobody asks for them, so a wrong one would go unseen."""
    given = {name for pod in pods(rendered).values() for name in environment(pod, SECRETS)}
    image = dockerfile.read(ROOT / "Dockerfile")[-1].one("ENV").pairs()
    alone = {name for name in (*given, *image) if name.startswith(settings_loading.PREFIX) and "__" not in name}
    assert alone <= {settings_loading.DATA_DIR_VARIABLE, bootstrap.ENVIRONMENT}
    assert settings_loading.DATA_DIR_VARIABLE in given & set(image)
    assert load(image, list(Serve().plugins)).serve.health_listen


def test_values_arrive_as_they_were_meant() -> None:
    for settings in loaded(render(SCALED)).values():
        assert settings.serve.drain_timeout_s == 62.5
        assert settings.serve.hostname == "mail.example.org"
        assert settings.limits.message_octets == 52_428_800
        assert settings.limits.default_quota_octets == 5_000_000_000
        assert settings.auth.scram is False
        assert settings.log.level == "warning"
        assert settings.store.url == SECRETS["skrytka-store"]["url"]
    proxied = loaded(render(SCALED, "proxy-protocol.yaml"))
    imap = proxied["mail-skrytka-imap"].front_ends["imap"]
    assert imap.proxy_protocol == ("listen", "listen_tls")  # type: ignore[attr-defined]
    assert imap.trusted_networks == ("10.0.0.0/8", "fd00::/8")  # type: ignore[attr-defined]
    assert proxied["mail-skrytka-lmtp"].front_ends["lmtp"].over_quota == "reject"  # type: ignore[attr-defined]
    sharded = loaded(render(SCALED, "shards.yaml"))["mail-skrytka-imap"]
    assert len(sharded.store.shard_urls) == 2
    assert sharded.front_ends["imap"].listen == "[::]:1143"  # type: ignore[attr-defined]


def example(schema: dict[str, object]) -> object:
    """A value that the schema allows and that is no default by chance."""
    if "enum" in schema:
        return schema["enum"][-1]  # type: ignore[index]
    match schema["type"]:
        case "boolean":
            return True
        case "integer":
            return max(int(schema.get("minimum", 0)), 1)  # type: ignore[call-overload]
        case "number":
            return max(float(schema.get("minimum", 0)), 0.5)  # type: ignore[arg-type]
        case "array":
            return ["listen"] if "enum" in schema["items"] else ["192.0.2.0/24"]  # type: ignore[operator]
    pattern = str(schema.get("pattern", ""))
    return "https://id.example.org/" if "https" in pattern else "30" if pattern else "text"


def test_every_setting_of_the_schema_is_one_of_skrytka() -> None:
    """All at once through Helm and the loader, which refuses a key that it does not know."""
    given = {
        section: {key: example(schema) for key, schema in keys["properties"].items()}
        for section, keys in settings_schema()["properties"].items()
    }
    given["imap"]["shared"] = "31"  # not that of ``other_users``
    rendered = render(given=["--set-json", f"settings={json.dumps(given)}"])
    (settings,) = loaded(rendered).values()
    for section, keys in given.items():
        found = settings.front_ends[section] if section in FRONT_ENDS else getattr(settings, section)
        for key, value in keys.items():
            arrived = getattr(found, key)
            assert (list(arrived) if isinstance(arrived, tuple) else arrived) == value, f"{section}.{key}"


@pytest.mark.parametrize("name", ["setting-unknown", "setting-section-unknown"])
def test_a_wrong_key_would_stop_the_pod_too(name: str) -> None:
    """Should Helm ever let one through (``--skip-schema-validation``), Skrytka does not."""
    path = VALUES / "refused" / f"{name}.yaml"
    assert helm("template", "mail", "helm/skrytka", "--values", str(path)).returncode != 0
    unchecked = render(f"refused/{name}.yaml", given=["--skip-schema-validation"])
    with pytest.raises(SettingsError, match="there is no such"):
        loaded(unchecked)
