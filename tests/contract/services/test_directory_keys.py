"""REST keys and the first of them."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import msgspec
import pytest

from skrytka.core import Core
from skrytka.errors import AuthenticationFailed, Invalid, NotFound
from skrytka.model import Actor, ApiKey
from skrytka.services import bootstrap, keys
from tests.contract.provisioning import ADMIN, START, Clock, vary


@pytest.fixture(autouse=True)
def no_given_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKRYTKA_BOOTSTRAP_KEY", raising=False)


async def test_create_use_and_revoke(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    key, secret = await keys.create(core, ADMIN, "panel")
    assert key == ApiKey(key.key_id, "panel", START, None)
    assert secret.startswith(f"sk_{key.key_id}_")
    assert len(secret) == len(f"sk_{key.key_id}_") + 43
    assert await keys.list_all(core) == [key]

    actor = await keys.verify_key(core, secret, "192.0.2.1")
    assert actor == Actor(credential=key.key_id, protocol="rest", client_address="192.0.2.1")
    assert await keys.list_all(core) == [msgspec.structs.replace(key, last_used_at=START)]
    clock.forward(299)
    await keys.verify_key(core, secret, "")
    assert (await keys.list_all(core))[0].last_used_at == START
    clock.forward(1)
    await keys.verify_key(core, secret, "")
    assert (await keys.list_all(core))[0].last_used_at == START + 300

    await keys.delete(core, ADMIN, key.key_id)
    with pytest.raises(AuthenticationFailed):
        await keys.verify_key(core, secret, "")
    with pytest.raises(NotFound):
        await keys.delete(core, ADMIN, key.key_id)


@pytest.mark.parametrize("secret", ["", "sk_", "sk_bootstrap_", "x" * 10_000, "schlüssel"])
async def test_other_secrets(core: Core, secret: str) -> None:
    await keys.create(core, ADMIN, "panel")
    with pytest.raises(AuthenticationFailed):
        await keys.verify_key(core, secret, "")


@pytest.mark.parametrize("name", ["", "x" * 129])
async def test_names(core: Core, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        await keys.create(core, ADMIN, name)
    assert [fault.field for fault in refused.value.faults] == ["name"]


async def test_the_first_key_is_made_once(core: Core) -> None:
    secret = await bootstrap.bootstrap_key(core)
    assert secret is not None
    file = Path(core.settings.data_dir) / "admin.key"
    assert file.read_text() == f"{secret}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert await bootstrap.bootstrap_key(core) == secret
    assert (await keys.verify_key(core, secret, "")).credential == "bootstrap"
    assert [path.name for path in file.parent.iterdir() if "admin.key" in path.name] == ["admin.key"]


async def test_processes_that_start_together_agree(core: Core) -> None:
    secrets = await asyncio.gather(*(bootstrap.bootstrap_key(core) for _ in range(8)))
    assert len(set(secrets)) == 1
    assert [key.key_id for key in await keys.list_all(core)] == ["bootstrap"]


async def test_hosts_that_start_together_agree(core: Core, tmp_path: Path) -> None:
    hosts = []
    for number in range(4):
        folder = tmp_path / f"host-{number}"
        settings = msgspec.structs.replace(core.settings, data_dir=str(folder))
        hosts.append(dataclasses.replace(core, settings=settings))
    secrets = await asyncio.gather(*(bootstrap.bootstrap_key(host) for host in hosts))
    (known,) = {secret for secret in secrets if secret is not None}
    assert (await keys.verify_key(core, known, "")).credential == "bootstrap"
    files = [path for path in tmp_path.glob("host-*/admin.key")]
    assert [path.read_text().strip() for path in files] == [known]


async def test_a_crash_between_file_and_row(core: Core) -> None:
    (Path(core.settings.data_dir) / "admin.key").write_text("sk_bootstrap_left\n")
    assert await bootstrap.bootstrap_key(core) == "sk_bootstrap_left"
    await keys.verify_key(core, "sk_bootstrap_left", "")


async def test_a_given_key_holds_and_replaces(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await bootstrap.bootstrap_key(core)
    assert made is not None
    monkeypatch.setenv("SKRYTKA_BOOTSTRAP_KEY", "any string, zażółć")
    assert await bootstrap.bootstrap_key(core) == "any string, zażółć"
    await keys.verify_key(core, "any string, zażółć", "")
    with pytest.raises(AuthenticationFailed):
        await keys.verify_key(core, made, "")
    assert len(await keys.list_all(core)) == 1


async def test_a_revoked_first_key_stays_revoked_while_there_is_another(core: Core) -> None:
    secret = await bootstrap.bootstrap_key(core)
    assert secret is not None
    await keys.create(core, ADMIN, "panel")
    await keys.delete(core, ADMIN, "bootstrap")
    assert await bootstrap.bootstrap_key(core) is None
    with pytest.raises(AuthenticationFailed):
        await keys.verify_key(core, secret, "")
