"""Our Kubernetes client and exec, against the sandbox and, where XK8S_TEST_KUBECONFIG is set, a real
cluster.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.connection import Endpoint, endpoint_from_kubeconfig
from bot.adapters.kube.connection_pools import ConnectionPools
from bot.adapters.kube.errors import Forbidden, NotFound, ServerFailed, Unauthorized, Unreachable
from bot.adapters.kube.objects import DaemonSet, NodeObject, PodObject
from bot.adapters.kube.pod_exec import execute
from tests.contract.kubernetes.conftest import MASTER, NOBODY, Api

REAL = os.environ.get("XK8S_TEST_KUBECONFIG", "")


def endpoint(api: Api, token: str = MASTER) -> Endpoint:
    return Endpoint(server=api.cluster.address, ca_pem=api.cluster.authority.pem, token=SecretStr(token))


def connect(where: Endpoint, seconds: float = 20.0) -> KubeClient:
    return KubeClient(where, user_agent="xk8s/test (operation 0123)", seconds=seconds)


@pytest.fixture(params=["sandbox", *(["real"] if REAL else [])])
def kube(request: pytest.FixtureRequest) -> Iterator[KubeClient]:
    """The same tests on every cluster there is."""
    if request.param == "real":
        client = connect(endpoint_from_kubeconfig(pathlib.Path(REAL)))
    else:
        client = connect(endpoint(request.getfixturevalue("running")))
    yield client
    client.close()


def test_nodes_pods_and_daemon_sets_are_read(kube: KubeClient) -> None:
    nodes = kube.list_all("/api/v1/nodes", NodeObject)
    assert nodes and all(node.name for node in nodes)
    assert kube.list_all("/apis/apps/v1/daemonsets", DaemonSet)
    pods = kube.list_all("/api/v1/pods", PodObject, labels="k8s-app=kube-dns")
    assert pods and all(pod.metadata.labels["k8s-app"] == "kube-dns" for pod in pods)


def test_a_list_of_many_pages_is_read_whole(kube: KubeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {pod.name for pod in kube.list_all("/api/v1/pods", PodObject)}
    monkeypatch.setattr("bot.adapters.kube.client.PAGE", 2)
    assert {pod.name for pod in kube.list_all("/api/v1/pods", PodObject)} == whole
    assert len(whole) > 2


def test_pieces_of_work_one_after_another_use_one_connection(running: Api) -> None:
    pools = ConnectionPools()
    for _ in range(3):
        client = KubeClient(endpoint(running), user_agent="xk8s/test", seconds=20.0, pools=pools)
        assert client.list_all("/api/v1/nodes", NodeObject)
        client.close()
    connections = pools.acquire(endpoint(running)).manager.connection_from_url(running.cluster.address)
    assert connections.num_connections == 1


def test_what_is_not_there_is_not_found(kube: KubeClient) -> None:
    with pytest.raises(NotFound) as raised:
        kube.get("/api/v1/namespaces/default/pods/no-such-pod", PodObject)
    assert 'pods "no-such-pod" not found' in raised.value.why


def test_credentials_that_are_not_accepted_and_rights_that_are_missing_are_told_apart(running: Api) -> None:
    with pytest.raises(Unauthorized):
        connect(endpoint(running, "no-such-token")).list_all("/api/v1/nodes", NodeObject)
    with pytest.raises(Forbidden) as raised:
        connect(endpoint(running, NOBODY)).list_all("/api/v1/nodes", NodeObject)
    assert 'cannot list resource "nodes"' in raised.value.why
    assert "deploy/rbac/xk8s-verify.yaml" in raised.value.fix


def test_a_server_that_cannot_be_reached_and_one_with_another_certificate_are_unreachable(
    running: Api,
) -> None:
    nowhere = Endpoint(server="https://127.0.0.1:1", ca_pem=running.cluster.authority.pem)
    with pytest.raises(Unreachable, match="cannot be reached"):
        connect(nowhere, 1.0).list_all("/api/v1/nodes", NodeObject)
    from sandbox.kube.pki import CertificateAuthority

    stranger = Endpoint(
        server=running.cluster.address, ca_pem=CertificateAuthority("other").pem, token=SecretStr(MASTER)
    )
    with pytest.raises(Unreachable) as raised:
        connect(stranger, 1.0).list_all("/api/v1/nodes", NodeObject)
    assert "certificate" in raised.value.why.lower()


def test_an_overloaded_server_is_asked_again_and_then_answers(running: Api) -> None:
    faults = running.cluster.api.faults
    faults.status, faults.times = 429, 2
    try:
        assert connect(endpoint(running)).list_all("/api/v1/nodes", NodeObject)
    finally:
        faults.status = faults.times = 0


def test_a_list_whose_token_expired_is_begun_again(running: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.adapters.kube.client.PAGE", 2)
    kube = connect(endpoint(running))
    whole = {pod.name for pod in kube.list_all("/api/v1/pods", PodObject)}
    requests: list[str] = []
    ask = kube.request

    def wait_too_long_after_the_first_page(
        method: str, path: str, *, doing: str, body: bytes | None = None
    ) -> bytes:
        requests.append(path)
        if len(requests) == 2:
            running.cluster.api.lister.expire()
        return ask(method, path, doing=doing, body=body)

    monkeypatch.setattr(kube, "request", wait_too_long_after_the_first_page)
    assert {pod.name for pod in kube.list_all("/api/v1/pods", PodObject)} == whole
    assert "continue" not in requests[2], "it was begun again"


def a_pod(api: Api) -> PodObject:
    kube = connect(endpoint(api))
    return next(
        pod for pod in kube.list_all("/api/v1/pods", PodObject, labels="k8s-app=kube-dns") if pod.ready
    )


def run(kube: KubeClient, pod: PodObject, *argv: str, seconds: float = 10.0) -> tuple[str, str, int]:
    output = execute(
        kube, namespace="kube-system", pod=pod.name, container="coredns", argv=argv, seconds=seconds
    )
    return output.stdout, output.stderr, output.code


def test_a_command_gives_both_streams_and_its_exit_code(running: Api) -> None:
    pod, kube = a_pod(running), connect(endpoint(running))
    assert run(kube, pod, "sh", "-c", "echo out; echo err >&2; exit 3") == ("out\n", "err\n", 3)
    assert run(kube, pod, "echo", "a b", "c") == ("a b c\n", "", 0)


def test_a_program_that_the_image_lacks_and_a_pod_that_is_not_there_are_told(running: Api) -> None:
    pod, kube = a_pod(running), connect(endpoint(running))
    _, stderr, code = run(kube, pod, "calicoctl", "node", "status")
    assert code == 126 and "executable file not found" in stderr
    with pytest.raises(NotFound):
        execute(kube, namespace="kube-system", pod="gone", container="c", argv=["echo"], seconds=5)
    with pytest.raises(Forbidden, match="run a command"):
        run(connect(endpoint(running, NOBODY)), pod, "echo")


@pytest.mark.parametrize("status", [429, 503])
def test_a_command_is_sent_again_to_a_server_that_had_no_time_for_it(running: Api, status: int) -> None:
    pod, kube = a_pod(running), connect(endpoint(running))
    faults = running.cluster.api.faults
    faults.status, faults.times = status, 2
    try:
        assert run(kube, pod, "echo", "once") == ("once\n", "", 0)
    finally:
        faults.status = faults.times = 0


def test_a_command_that_may_have_been_run_is_not_sent_again(running: Api) -> None:
    pod, kube = a_pod(running), connect(endpoint(running))
    faults = running.cluster.api.faults
    faults.status, faults.times = 500, 2
    try:
        with pytest.raises(ServerFailed, match="run a command"):
            run(kube, pod, "echo", "once")
        assert faults.times == 1
    finally:
        faults.status = faults.times = 0


def test_fifty_commands_beside_fifty_lists_all_get_their_own_answer(running: Api) -> None:
    pod, kube = a_pod(running), connect(endpoint(running), 60.0)
    nodes = {node.name for node in kube.list_all("/api/v1/nodes", NodeObject)}

    def command(number: int) -> bool:
        return run(kube, pod, "sh", "-c", f"echo {number}; exit {number}") == (f"{number}\n", "", number)

    def listing(_number: int) -> bool:
        return {node.name for node in kube.list_all("/api/v1/nodes", NodeObject)} == nodes

    with ThreadPoolExecutor(100) as threads:
        commands = [threads.submit(command, number) for number in range(50)]
        lists = [threads.submit(listing, number) for number in range(50)]
        assert all(future.result() for future in [*commands, *lists])


def test_a_key_never_touches_a_disk_and_opens_the_api(running: Api) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:masters"),
            x509.NameAttribute(NameOID.COMMON_NAME, "admin"),
        ]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    certificate = running.cluster.sign(request.public_bytes(serialization.Encoding.PEM).decode())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    where = Endpoint(
        server=running.cluster.address,
        ca_pem=running.cluster.authority.pem,
        client_certificate_pem=certificate,
        client_key_pem=SecretStr(pem),
    )
    assert pem not in repr(where)
    assert connect(where).list_all("/api/v1/nodes", NodeObject)


def test_two_lists_that_are_paged_at_once_keep_apart(running: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.adapters.kube.client.PAGE", 1)
    kube = connect(endpoint(running))
    paths = (
        "/api/v1/nodes",
        "/api/v1/namespaces",
        "/apis/apps/v1/daemonsets",
        "/apis/apps/v1/deployments",
    ) * 3
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda path: kube.list_all(path, dict), paths))
    for path, answer in zip(paths, answers, strict=True):
        assert answer == kube.list_all(path, dict)
