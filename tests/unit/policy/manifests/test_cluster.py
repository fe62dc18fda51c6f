"""Folders of manifests as a cluster: controllers, their pods, lists, and input that cannot be used."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from bot.policy.manifests.cluster import ManifestCluster, read_cluster
from bot.policy.manifests.documents import InvalidManifestFiles
from bot.policy.reach.model import Pod


def reading(folder: Path, text: str, name: str = "a.yaml") -> ManifestCluster:
    (folder / name).write_text(textwrap.dedent(text))
    return read_cluster([folder])


def names(manifests: ManifestCluster) -> list[str]:
    return [f"{pod.ref} {pod.owner}" for pod in manifests.cluster.pods]


def controller(kind: str, version: str, spec: str = "", name: str = "web") -> str:
    before = f"{spec}, " if spec else ""
    return f"""
        apiVersion: {version}
        kind: {kind}
        metadata: {{name: {name}, namespace: shop}}
        spec: {{{before}template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: []}}}}}}
    """


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (controller("Deployment", "apps/v1"), ["shop/web-1 shop/web[Deployment]"]),
        (
            controller("Deployment", "apps/v1", "replicas: 2"),
            ["shop/web-1 shop/web[Deployment]", "shop/web-2 shop/web[Deployment]"],
        ),
        (controller("Deployment", "apps/v1", "replicas: 0"), []),
        (
            controller("StatefulSet", "apps/v1", "replicas: 2"),
            ["shop/web-1 shop/web[StatefulSet]", "shop/web-2 shop/web[StatefulSet]"],
        ),
        (controller("StatefulSet", "apps/v1", "ordinals: {start: 5}"), ["shop/web-1 shop/web[StatefulSet]"]),
        (controller("DaemonSet", "apps/v1"), ["shop/web-1 shop/web[DaemonSet]"]),
        (controller("ReplicaSet", "apps/v1"), ["shop/web-1 shop/web[ReplicaSet]"]),
        (controller("ReplicationController", "v1"), ["shop/web-1 shop/web[ReplicationController]"]),
        (
            controller("Job", "batch/v1", "parallelism: 2"),
            ["shop/web-1 shop/web[Job]", "shop/web-2 shop/web[Job]"],
        ),
    ],
)
def test_a_controller_without_pods_is_expanded(tmp_path: Path, text: str, expected: list[str]) -> None:
    manifests = reading(tmp_path, text)
    assert names(manifests) == expected
    assert all(pod.labels["app"] == "web" for pod in manifests.cluster.pods)


def test_a_cron_job_has_its_template_one_level_deeper(tmp_path: Path) -> None:
    manifests = reading(
        tmp_path,
        """
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: night}
        spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: night}}, spec: {}}}}}
    """,
    )
    assert names(manifests) == ["default/night-1 default/night[CronJob]"]


@pytest.mark.parametrize(("spec", "ordinal"), [("", "0"), ("ordinals: {start: 5}", "5")])
def test_pods_of_a_stateful_set_carry_the_labels_that_kubernetes_gives_them(
    tmp_path: Path, spec: str, ordinal: str
) -> None:
    manifests = reading(tmp_path, controller("StatefulSet", "apps/v1", spec))
    assert manifests.cluster.pods[0].labels == {
        "app": "web",
        "statefulset.kubernetes.io/pod-name": f"web-{ordinal}",
        "apps.kubernetes.io/pod-index": ordinal,
    }


def test_a_controller_whose_pods_are_in_the_input_is_not_expanded(tmp_path: Path) -> None:
    manifests = reading(
        tmp_path,
        controller("Deployment", "apps/v1", "replicas: 3")
        + """
---
apiVersion: v1
kind: Pod
metadata:
  name: web-5d8f-abcde
  namespace: shop
  labels: {app: web, pod-template-hash: 5d8f}
  ownerReferences: [{kind: ReplicaSet, name: web-5d8f, controller: true}]
status: {phase: Running, podIPs: [{ip: 10.1.1.1}, {ip: 'fd00::1'}]}
""".replace("\n", "\n        "),
    )
    assert names(manifests) == ["shop/web-5d8f-abcde shop/web[Deployment]"]
    assert [str(address) for address in manifests.cluster.pods[0].addresses] == ["10.1.1.1", "fd00::1"]


def pod(name: str, owner: str, labels: str = "{}") -> str:
    return (
        f"{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: shop, labels: {labels},"
        f" ownerReferences: [{owner}]}}}}"
    )


def test_a_controller_that_is_not_in_the_input_is_named_as_its_pods_name_it(tmp_path: Path) -> None:
    replica_set = "{kind: ReplicaSet, name: web-5d8f, controller: true}"
    manifests = reading(tmp_path, pod("web-5d8f-a", replica_set, "{pod-template-hash: 5d8f}"))
    assert names(manifests) == ["shop/web-5d8f-a shop/web-5d8f[ReplicaSet]"]


def test_pods_that_name_one_owner_without_its_kind_are_one_workload(tmp_path: Path) -> None:
    owner = "{name: twins, controller: true}"
    manifests = reading(
        tmp_path, "\n---\n".join([pod("a", owner), pod("b", owner), pod("c", "{controller: true}")])
    )
    assert names(manifests) == ["shop/a shop/twins[Pod]", "shop/b shop/twins[Pod]", "shop/c shop/c[Pod]"]


def test_lists_that_hold_no_objects_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "patch.yaml").write_text("- {op: replace, path: /spec/replicas, value: 3}\n- {op: test}\n")
    (tmp_path / "found.json").write_text('[{"src": "a", "dst": "b"}]')
    (tmp_path / "none.yaml").write_text("[]")
    assert names(reading(tmp_path, controller("Deployment", "apps/v1"))) == [
        "shop/web-1 shop/web[Deployment]"
    ]


def test_named_ports_come_from_containers_and_sidecars_only(tmp_path: Path) -> None:
    manifests = reading(
        tmp_path,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: a}
        spec:
          hostNetwork: true
          nodeName: n1
          containers:
          - ports: [{name: http, containerPort: 80}, {containerPort: 81}]
          - ports: [{name: http, containerPort: 8080, protocol: UDP}]
          initContainers:
          - {restartPolicy: Always, ports: [{name: side, containerPort: 15000}]}
          - {ports: [{name: init, containerPort: 1}]}
    """,
    )
    pod: Pod = manifests.cluster.pods[0]
    assert {(port.name, port.protocol, port.number) for port in pod.ports} == {
        ("http", "TCP", 80),
        ("http", "UDP", 8080),
        ("side", "TCP", 15000),
    }
    assert (pod.host_network, pod.node) == (True, "n1")


def test_folders_files_lists_json_and_several_documents_are_read(tmp_path: Path) -> None:
    (tmp_path / "sub" / ".git").mkdir(parents=True)
    (tmp_path / "sub" / ".git" / "x.yaml").write_text("not: [yaml")
    (tmp_path / "notes.txt").write_text("not: [yaml")
    (tmp_path / "values.yaml").write_text("replicas: 3\n")
    item = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "c"}}
    (tmp_path / "sub" / "list.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [item]})
    )
    plain = {"metadata": {"name": "d"}}
    (tmp_path / "pods.yml").write_text(json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [plain]}))
    manifests = reading(
        tmp_path,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: a}
        ---
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: a}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: b, namespace: other}
    """,
    )
    assert sorted(str(pod.ref) for pod in manifests.cluster.pods) == [
        "default/a",
        "default/c",
        "default/d",
        "other/b",
    ]


def test_policies_of_other_apis_are_named_and_make_the_answer_incomplete(tmp_path: Path) -> None:
    manifests = reading(
        tmp_path,
        """
        {apiVersion: projectcalico.org/v3, kind: NetworkPolicy,
         metadata: {name: a, namespace: shop}, spec: {}}
        ---
        {apiVersion: crd.projectcalico.org/v1, kind: GlobalNetworkPolicy,
         metadata: {name: default.b}, spec: {}}
        ---
        {apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy,
         metadata: {name: c}, spec: {}}
    """,
    )
    assert manifests.incomplete
    assert manifests.other_policies == (
        "NetworkPolicy shop/a (projectcalico.org)",
        "GlobalNetworkPolicy default.b (crd.projectcalico.org)",
        "AdminNetworkPolicy c (policy.networking.k8s.io)",
    )
    assert manifests.cluster.policies == ()


BOMB = "a0: &a0 [x, x]\n" + "\n".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))
QUADRATIC = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 1000)}]"


def test_an_anchor_may_stand_for_what_is_repeated(tmp_path: Path) -> None:
    manifests = reading(
        tmp_path,
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: shop, labels: &labels {app: web, tier: front}}
        spec:
          selector: {matchLabels: *labels}
          template:
            metadata: {labels: {<<: *labels, tier: back}}
            spec: {containers: []}
    """,
    )
    assert manifests.cluster.pods[0].labels == {"app": "web", "tier": "back"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(BOMB, "it is too large", id="a-bomb"),
        pytest.param(QUADRATIC, "a.yaml, line 2: with *a and the aliases", id="a-quadratic-bomb"),
        pytest.param(
            "a: &a [1, *a]", "a.yaml, line 1: *a stands inside of what it stands for", id="an-endless-alias"
        ),
        pytest.param("a: [*a]", "a.yaml, line 1: found undefined alias", id="an-unknown-alias"),
        pytest.param("[" * 2000 + "]" * 2000, "nested too deep", id="endless-nesting"),
        pytest.param('{"a": ' * 500 + "1" + "}" * 500, "a.yaml: nested too deep", id="endless-json"),
        pytest.param('{"a": 1, "a": 2}', "a.yaml: a is given twice", id="a-json-key-twice"),
        pytest.param(
            "apiVersion: v1\nkind: List\nitems: {}", "items: must be a list", id="a-list-without-items"
        ),
        pytest.param("a: [", "a.yaml, line ", id="no-yaml"),
        pytest.param("a: 1\na: 2", "a.yaml, line 2: a is given twice", id="a-key-twice"),
        pytest.param("- 1", "a.yaml, document 1: the document: must be an object", id="a-list"),
        pytest.param(
            "- {apiVersion: v1, kind: Pod, metadata: {name: a}}",
            "a.yaml, document 1: the document: must be an object",
            id="objects-in-a-bare-list",
        ),
        pytest.param("apiVersion: v1", "a.yaml, document 1: kind: must be text", id="no-kind"),
        pytest.param("!!python/object:os.system {}", "a.yaml, line 1", id="a-python-object"),
        pytest.param(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n"
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n"
            "spec: {ingress: [{ports: [{port: 0}]}]}",
            "a.yaml, document 2 (NetworkPolicy default/p): spec.ingress[0].ports[0].port: must be between",
            id="a-policy",
        ),
        pytest.param(
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: A}}",
            "a.yaml, document 1: items[0].metadata.name: 'A' is not",
            id="an-item",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Pod\nmetadata: {namespace: shop}",
            "a.yaml, document 1: metadata.name: is required",
            id="no-name",
        ),
        pytest.param(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: two, template: {}}",
            "a.yaml, document 1 (Deployment default/a): spec.replicas: must be a number",
            id="a-controller",
        ),
        pytest.param(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 100000000,"
            " template: {}}",
            "spec.replicas: must be between 0 and 150,000",
            id="too-many-pods",
        ),
        pytest.param(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {}",
            "a.yaml, document 1 (Deployment default/a): spec.template: is required",
            id="no-template",
        ),
        pytest.param(
            "apiVersion: networking.k8s.io/v1beta1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {}",
            "apiVersion: must be networking.k8s.io/v1",
            id="an-old-policy",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: 1}}",
            "a.yaml, document 1 (Pod default/a): metadata.labels.app: must be text",
            id="a-label",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name:"
            " a, labels: {x: y}}",
            "a.yaml, document 2: Pod default/a is also in",
            id="one-name-twice",
        ),
    ],
)
def test_bad_input_is_refused_with_file_document_and_field(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(InvalidManifestFiles) as caught:
        read_cluster([tmp_path])
    assert words in caught.value.why


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_text("a: " + "x" * 10_000_000)
    with pytest.raises(InvalidManifestFiles, match="cannot be read") as caught:
        read_cluster([tmp_path])
    assert "large.yaml: larger than 10 MB" in caught.value.why


@pytest.mark.parametrize("path", ["nowhere", "empty"])
def test_a_path_without_manifests_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidManifestFiles):
        read_cluster([tmp_path / path])


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InvalidManifestFiles) as caught:
        read_cluster([tmp_path])
    assert "it is not UTF-8 text" in caught.value.why


def test_the_same_object_twice_is_one(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
    assert len(reading(tmp_path, f"{text}---\n{text}").cluster.pods) == 1


def test_a_block_and_pods_without_addresses_are_noted(tmp_path: Path) -> None:
    manifests = reading(
        tmp_path,
        """
        {apiVersion: v1, kind: Pod, metadata: {name: a}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: p}
        spec: {ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}
    """,
    )
    assert any("no addresses" in note for note in manifests.notes)
