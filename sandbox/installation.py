"""What a real installation of the bot has: clouds.yaml, a kubeconfig, its YAML file and its environment.

The bot is started on these files like on any others.
"""

from __future__ import annotations

import base64
import getpass
from pathlib import Path

from sandbox.kube.cluster import SandboxCluster
from sandbox.openstack.cloud import CloudUser
from sandbox.openstack.keystone import clouds_yaml
from sandbox.slack.model import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET

EDGE_TOKEN = "edge-reader-token"
EDGE_USER = "xk8s-reader"
AUDIT_KEY = "sandbox-audit-key-sandbox-audit-key-0001"
KUBERNETES = "v1.29.5"

CONFIGURATION = """\
projects:
  shop:
    cloud: xloud-shop
    channels: [C0SHOP, C0SHOPDEV, C0PARTNER, C0RANDOM]
    template_defaults:
      name: "k8s-{kubernetes}-{driver}"
      image: fedora-coreos-39
      flavor: m1.large
      master_flavor: m1.large
      external_network: public
      keypair: ops-key
      kubernetes: v1.29.5
      container_runtime: containerd
      drivers:
        calico: {labels: {calico_tag: v3.26.4, calico_ipv4pool: 10.100.0.0/16}}
        flannel: {labels: {flannel_tag: v0.15.1, flannel_network_cidr: 10.101.0.0/16}}
    clusters:
      edge: {kubeconfig: edge.kubeconfig, driver: calico, production: true}
      prod-eu: {production: true}
    roles:
      viewer: {everyone: true}
      operator: {users: [U0ANA], groups: [S0ONCALL], terminal: [TERMINAL_USER]}
      approver: {users: [U0BO, U0DEE]}
      admin: {users: [U0BO, U0EVA]}
"""
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: edge
clusters:
- name: edge
  cluster:
    server: {server}
    certificate-authority-data: {authority}
users:
- name: {user}
  user:
    token: {token}
contexts:
- name: edge
  context: {{cluster: edge, user: {user}}}
"""


def write_installation(
    folder: Path, *, slack_url: str, keystone_url: str, user: CloudUser, edge: SandboxCluster
) -> dict[str, str]:
    """Write the files of the bot into a folder, and return its environment.

    `edge` is the cluster that Magnum does not know.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clouds = clouds_yaml("xloud-shop", auth_url=f"{keystone_url}/v3", user=user, credential=True)
    (folder / "clouds.yaml").write_text(clouds)
    (folder / "xk8s.yaml").write_text(CONFIGURATION.replace("TERMINAL_USER", getpass.getuser()))
    (folder / "edge.kubeconfig").write_text(kubeconfig(edge))
    return {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{slack_url}/api/",
        "XK8S_DATA_DIR": str(folder),
        "XK8S_CONFIG": str(folder / "xk8s.yaml"),
        "OS_CLIENT_CONFIG_FILE": str(folder / "clouds.yaml"),
        "XK8S_AUDIT_KEY": AUDIT_KEY,
    }


def kubeconfig(cluster: SandboxCluster) -> str:
    """Return a kubeconfig for the reader of the edge cluster."""
    authority = base64.b64encode(cluster.authority_pem.encode()).decode()
    return KUBECONFIG.format(server=cluster.address, authority=authority, user=EDGE_USER, token=EDGE_TOKEN)
