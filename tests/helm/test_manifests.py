"""What the manifests have to say, whatever the values, and what each kind of installation consists of."""

from __future__ import annotations

import json

import pytest

from skrytka.serve.supervisor import _DRAIN_MARGIN_S
from skrytka.serve.worker import EVENTS_S
from skrytka.settings import Serve
from tests.helm.charts import (
    SCALED,
    SECRETS,
    Manifest,
    container,
    environment,
    of_kind,
    plugins,
    pods,
    ports,
    render,
    serving,
    workloads,
)

FRONT_ENDS = ("imap", "pop3", "lmtp", "rest")


def test_no_secret_value_is_in_any_manifest(rendered: list[Manifest]) -> None:
    text = json.dumps(rendered)
    assert "open-sesame" not in text
    assert not of_kind(rendered, "Secret")
    for pod in pods(rendered).values():
        for each in container(pod)["env"]:
            if each["name"] in ("SKRYTKA_STORE__SHARD_URLS", "SKRYTKA_REDIS__URL", "SKRYTKA_BOOTSTRAP_KEY"):
                assert set(each["valueFrom"]) == {"secretKeyRef"}
            if each["name"] == "SKRYTKA_STORE__URL":
                assert "valueFrom" in each or each["value"] == "sqlite:"


def test_pods_are_confined(rendered: list[Manifest]) -> None:
    assert pods(rendered)
    for pod in pods(rendered).values():
        spec, inside = pod["spec"], container(pod)
        assert spec["enableServiceLinks"] is False
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert inside["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        }
        mounted = {each["mountPath"]: each["name"] for each in inside["volumeMounts"]}
        assert {"/tmp", "/var/lib/skrytka"} <= set(mounted)
        assert {each["name"]: each for each in spec["volumes"]}[mounted["/tmp"]] == {"name": "tmp", "emptyDir": {}}
    for account in of_kind(rendered, "ServiceAccount").values():
        assert account["automountServiceAccountToken"] is False


def test_every_volume_that_is_mounted_is_there(rendered: list[Manifest]) -> None:
    for name, workload in workloads(rendered).items():
        claimed = [each["metadata"]["name"] for each in workload["spec"].get("volumeClaimTemplates", ())]
        pod = workload["spec"]["template"]
        there = [*claimed, *(each["name"] for each in pod["spec"]["volumes"])]
        assert sorted(each["name"] for each in container(pod)["volumeMounts"]) == sorted(there), name


def test_probes_ask_the_port_for_health(rendered: list[Manifest]) -> None:
    for pod in serving(rendered).values():
        inside = container(pod)
        assert inside["startupProbe"]["httpGet"] == {"path": "/healthz/live", "port": "health"}
        assert inside["livenessProbe"]["httpGet"] == {"path": "/healthz/live", "port": "health"}
        assert inside["readinessProbe"]["httpGet"] == {"path": "/healthz/ready", "port": "health"}
        assert ports(pod)["health"] == 8081
        listening = environment(pod, SECRETS)["SKRYTKA_SERVE__HEALTH_LISTEN"]
        assert listening.rpartition(":")[2] == "8081"


def test_services_lead_to_ports_that_are_listened_on(rendered: list[Manifest]) -> None:
    for name, service in of_kind(rendered, "Service").items():
        wanted = service["spec"]["selector"].items()
        (pod,) = (pod for pod in serving(rendered).values() if wanted <= pod["metadata"]["labels"].items())
        listening = {text.rpartition(":")[2] for text in environment(pod, SECRETS).values() if text.count(":")}
        for port in service["spec"]["ports"]:
            assert str(ports(pod)[port["targetPort"]]) in listening, name


def test_selectors_match_their_own_pods_alone(rendered: list[Manifest]) -> None:
    for name, workload in workloads(rendered).items():
        if workload["kind"] == "Job":
            continue
        wanted = workload["spec"]["selector"]["matchLabels"].items()
        assert [each for each, pod in pods(rendered).items() if wanted <= pod["metadata"]["labels"].items()] == [name]


def test_a_pod_is_given_longer_than_a_drain_takes(rendered: list[Manifest]) -> None:
    for pod in serving(rendered).values():
        drain_s = float(environment(pod, SECRETS).get("SKRYTKA_SERVE__DRAIN_TIMEOUT_S", Serve().drain_timeout_s))
        (_, pause) = container(pod)["lifecycle"]["preStop"]["exec"]["command"]
        longest_s = float(pause) + drain_s + _DRAIN_MARGIN_S + EVENTS_S
        assert pod["spec"]["terminationGracePeriodSeconds"] > longest_s


def test_a_deployment_for_each_front_end_names_exactly_its_plugin(scaled: list[Manifest]) -> None:
    served = {name: plugins(pod) for name, pod in serving(scaled).items()}
    assert served == {f"mail-skrytka-{each}": [each] for each in FRONT_ENDS}
    for name, deployment in of_kind(scaled, "Deployment").items():
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}, name
        listen = {each for each in environment(serving(scaled)[name], SECRETS) if "__LISTEN" in each}
        assert {each.split("__")[0] for each in listen} == {f"SKRYTKA_{plugins(serving(scaled)[name])[0].upper()}"}
    replicas = {name: each["spec"]["replicas"] for name, each in of_kind(scaled, "Deployment").items()}
    assert replicas == {"mail-skrytka-imap": 3, "mail-skrytka-pop3": 2, "mail-skrytka-lmtp": 2, "mail-skrytka-rest": 1}
    assert len({container(pod)["image"] for pod in pods(scaled).values()}) == 1


def test_only_what_needs_a_secret_gets_it(scaled: list[Manifest]) -> None:
    for name, pod in serving(scaled).items():
        given = environment(pod, SECRETS)
        assert given["SKRYTKA_STORE__URL"] == SECRETS["skrytka-store"]["url"]
        assert given["SKRYTKA_REDIS__URL"] == SECRETS["skrytka-redis"]["url"]
        assert ("SKRYTKA_BOOTSTRAP_KEY" in given) == (name == "mail-skrytka-rest")
    for name, pod in serving(render(SCALED, "tls.yaml")).items():
        given = environment(pod, SECRETS)
        mounts = {each["name"]: each for each in container(pod)["volumeMounts"]}
        assert ("tls" in mounts) == (name != "mail-skrytka-rest")
        if "tls" in mounts:
            assert mounts["tls"]["readOnly"] is True
            assert given["SKRYTKA_TLS__CERTIFICATE"] == f"{mounts['tls']['mountPath']}/tls.crt"
            assert given["SKRYTKA_TLS__KEY"] == f"{mounts['tls']['mountPath']}/tls.key"
            (volume,) = (each for each in pod["spec"]["volumes"] if each["name"] == "tls")
            assert volume["secret"] == {"secretName": "mail-example-org", "defaultMode": 0o440}


def test_large_bodies_lie_on_the_shared_volume(scaled: list[Manifest]) -> None:
    for pod in serving(scaled).values():
        (volume,) = (each for each in pod["spec"]["volumes"] if each["name"] == "blobs")
        assert volume["persistentVolumeClaim"] == {"claimName": "skrytka-blobs"}
        (mount,) = (each for each in container(pod)["volumeMounts"] if each["name"] == "blobs")
        assert environment(pod, SECRETS)["SKRYTKA_BLOBS__URL"].startswith(f"file://{mount['mountPath']}/")


def test_the_migration_runs_before_and_needs_nothing_of_the_release(scaled: list[Manifest]) -> None:
    (job,) = of_kind(scaled, "Job").values()
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    pod = job["spec"]["template"]
    assert container(pod)["args"] == ["migrate"]
    assert set(environment(pod, SECRETS)) >= {"SKRYTKA_STORE__URL", "SKRYTKA_STORE__SHARDS"}
    assert "SKRYTKA_REDIS__URL" not in environment(pod, SECRETS)
    assert "serviceAccountName" not in pod["spec"], "the release's own is not there before the install"
    assert all("emptyDir" in volume for volume in pod["spec"]["volumes"])


def test_budgets_are_for_what_is_scaled(scaled: list[Manifest]) -> None:
    budgets = of_kind(scaled, "PodDisruptionBudget")
    assert set(budgets) == {"mail-skrytka-imap", "mail-skrytka-pop3", "mail-skrytka-lmtp"}
    for name, budget in budgets.items():
        deployment = of_kind(scaled, "Deployment")[name]
        assert budget["spec"]["selector"] == deployment["spec"]["selector"]
        assert budget["spec"]["maxUnavailable"] < deployment["spec"]["replicas"]


def test_placement_keeps_the_pods_of_a_component_apart(scaled: list[Manifest]) -> None:
    for name, deployment in of_kind(scaled, "Deployment").items():
        own = deployment["spec"]["selector"]
        spec = deployment["spec"]["template"]["spec"]
        (apart,) = spec["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        (spread,) = spec["topologySpreadConstraints"]
        assert apart["labelSelector"] == spread["labelSelector"] == own, name
        assert spec["affinity"]["nodeAffinity"]
    soft = render(SCALED, given=["--set", "podAntiAffinity=soft"])
    none = render(SCALED, given=["--set", "podAntiAffinity=none"])
    for pod in serving(soft).values():
        assert "preferredDuringSchedulingIgnoredDuringExecution" in pod["spec"]["affinity"]["podAntiAffinity"]
    for pod in serving(none).values():
        assert "podAntiAffinity" not in pod["spec"].get("affinity", {})


def test_network_policies_open_what_is_served(scaled: list[Manifest]) -> None:
    policies = of_kind(scaled, "NetworkPolicy")
    for name, pod in serving(scaled).items():
        spec = policies[name]["spec"]
        assert spec["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
        opened = {port["port"] for rule in spec["ingress"] for port in rule["ports"]}
        assert opened == set(ports(pod).values())
    assert "from" not in policies["mail-skrytka-imap"]["spec"]["ingress"][0], "customers come from anywhere"
    assert policies["mail-skrytka-lmtp"]["spec"]["ingress"][0]["from"] == [{"podSelector": {}}]


@pytest.mark.parametrize("files", [(), ("all-in-one.yaml",)])
def test_all_in_one_is_one_pod_with_a_volume_of_its_own(files: tuple[str, ...]) -> None:
    rendered = render(*files)
    assert not of_kind(rendered, "Deployment")
    assert not of_kind(rendered, "Job"), "the volume is the pod's: it migrates itself"
    assert not of_kind(rendered, "PodDisruptionBudget")
    (only,) = of_kind(rendered, "StatefulSet").values()
    assert only["spec"]["replicas"] == 1
    (claim,) = only["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert claim["metadata"]["name"] == "data"
    pod = only["spec"]["template"]
    assert plugins(pod) == [each for each in FRONT_ENDS if not files or each != "pop3"]
    assert environment(pod, SECRETS)["SKRYTKA_STORE__URL"] == "sqlite:"
    headless = of_kind(rendered, "Service")[only["spec"]["serviceName"]]
    assert headless["spec"]["clusterIP"] == "None"


def test_a_digest_goes_before_a_tag() -> None:
    (pod,) = serving(render("all-in-one.yaml")).values()
    assert container(pod)["image"].startswith("registry.example.org/skrytka@sha256:")
    (pod,) = serving(render(given=["--set", "image.tag=1.2.3"])).values()
    assert container(pod)["image"] == "skrytka:1.2.3"


def test_a_port_that_is_off_is_neither_listened_on_nor_offered() -> None:
    rendered = render(SCALED, "tls.yaml")
    pod = serving(rendered)["mail-skrytka-imap"]
    assert environment(pod, SECRETS)["SKRYTKA_IMAP__LISTEN"] == ""
    assert set(ports(pod)) == {"health", "imaps"}
    service = of_kind(rendered, "Service")["mail-skrytka-imap"]
    assert [port["name"] for port in service["spec"]["ports"]] == ["imaps"]
    assert service["spec"]["externalTrafficPolicy"] == "Local"


def test_other_secrets_and_annotations_restart_the_pods() -> None:
    def annotations(*given: str) -> Manifest:
        pod = serving(render(SCALED, given=given))["mail-skrytka-imap"]
        found: Manifest = pod["metadata"]["annotations"]
        return found

    before = annotations()["checksum/secrets"]
    assert annotations()["checksum/secrets"] == before
    assert annotations("--set", "redis.existingSecret=other")["checksum/secrets"] != before
    assert annotations("--set-string", "podAnnotations.rotated=1")["rotated"] == "1"
