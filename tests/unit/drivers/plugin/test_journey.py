"""A driver of another package goes through everything that asks about drivers."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bot.actions import grammar, help_pages
from bot.actions.action import Action
from bot.actions.mistakes import Mistake
from bot.actions.request import OfferId, OperationId
from bot.actions.templates import TemplateCreate
from bot.adapters.kube.objects import CustomResource, Meta
from bot.app import configuration
from bot.clusters.driver_comparison import list_drivers
from bot.clusters.templates.project_templates import ProjectTemplates
from bot.clusters.templates.results import TemplateForm
from bot.clusters.templates.service import to_request
from bot.clusters.templates.spec import BadTemplate, Defaults
from bot.common.problems import Refusal
from bot.drivers import catalog, rbac
from bot.drivers.driver import Driver
from bot.drivers.profile import DriverProfile
from bot.drivers.verification import collector
from bot.drivers.verification.report import Verdict, VerificationSummary
from bot.drivers.verification.verifier import VerificationTarget, Verifier
from bot.migration.inventory.exclusion_rules import ExclusionReason
from bot.migration.inventory.served_apis import ApiResource, ApiSurface
from bot.migration.inventory.target_facts import TargetFacts
from bot.migration.objects.copy_order import CopyStage
from bot.policy import validation
from bot.policy.errors import InvalidManifest, NotEnforced
from bot.policy.manifests.kube_objects import ManifestObject
from bot.policy.preconditions import check_enforced
from bot.policy.preview import PolicyCluster
from bot.settings import SettingsError
from bot.slack.forms import template as form
from bot.slack.views import drivers as driver_views
from bot.slack.views import templates as template_views
from bot.slack.views import verification as verification_views
from tests.unit.drivers.builders import NOW, daemon_set
from tests.unit.drivers.plugin.package import ANTREA, Installer
from tests.unit.drivers.verification.fake_kube import running
from tests.unit.migration.builders import SERVED, an, workload
from tests.unit.migration.planning.plans import plan

NAME = Driver("antrea")
AGENTS = "/apis/crd.antrea.io/v1beta1/antreaagentinfos"
DEFAULTS = Defaults(
    image="fcos", flavor="m1", external_network="public", kubernetes="v1.29.5", container_runtime="containerd"
)


@pytest.fixture(autouse=True)
def profile(installer: Installer) -> DriverProfile:
    installer.install("xk8s_antrea", ANTREA, driver="antrea")
    return catalog.profile(NAME)


class Magnum:
    """Keeps what is created."""

    def __init__(self) -> None:
        self.created: list[dict[str, Any]] = []

    def templates(self) -> list[dict[str, Any]]:
        return self.created

    def create_template(self, values: Mapping[str, Any], *, operation: str) -> dict[str, Any]:
        self.created.append({**values, "uuid": f"t-{len(self.created)}"})
        return self.created[-1]

    def update_template(
        self, template: str, patch: Sequence[dict[str, Any]], *, operation: str
    ) -> dict[str, Any]:
        raise NotImplementedError

    def delete_template(self, template: str, *, operation: str) -> None:
        raise NotImplementedError

    def clusters(self) -> list[dict[str, Any]]:
        return []


def create(words: str, magnum: Magnum, defaults: Defaults = DEFAULTS) -> Any:
    action = grammar.parse(words)
    assert isinstance(action, TemplateCreate)
    templates = ProjectTemplates(magnum, project="shop", defaults=defaults)
    return templates.create(to_request(action), operation="op", resumed=False)


def test_the_configuration_may_name_it(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "xk8s.yaml"
    text = """
projects:
  shop:
    template_defaults:
      drivers:
        antrea: {labels: {antrea_tag: v2.1.0}}
    clusters:
      edge: {driver: antrea}
    roles:
      approver: {users: [U2]}
"""
    path.write_text(text)
    environment = {"XK8S_CONFIG": str(path), "XK8S_DATA_DIR": str(tmp_path)}
    shop = configuration.load(environment).configuration.projects["shop"]
    assert shop.clusters["edge"].driver == "antrea" and list(shop.template_defaults.drivers) == ["antrea"]
    path.write_text(text.replace("driver: antrea", "driver: antera"))
    with pytest.raises(SettingsError) as error:
        configuration.load(environment)
    assert f"{path}, line 8: projects.shop.clusters.edge.driver" in error.value.what
    assert error.value.why == "Input should be 'calico', 'flannel' or 'antrea'"


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("driver show antrea", {"driver": "antrea"}),
        ("verify Antrea prod-eu", {"driver": "antrea", "cluster": "prod-eu"}),
        ("template list --driver antrea", {"driver": "antrea"}),
        ("template create antrea --encap VXLAN", {"driver": "antrea", "encap": "vxlan"}),
        ("migrate dev-eu --to antrea", {"cluster": "dev-eu", "to": "antrea"}),
    ],
)
def test_the_grammar_knows_its_name_and_its_options(words: str, fields: dict[str, str]) -> None:
    action = grammar.parse(words)
    assert action.encode()["arguments"] == fields
    assert Action.decode(action.encode()) == action == grammar.parse(action.words())


def test_a_mistake_in_its_name_or_in_a_value_gets_the_right_one() -> None:
    with pytest.raises(Mistake) as mistake:
        grammar.parse("driver show antera")
    assert mistake.value.suggestion == "antrea"
    with pytest.raises(Mistake, match="is not one of `geneve`, `vxlan`"):
        grammar.parse("template create antrea --encap gre")


def test_the_help_shows_its_options() -> None:
    assert "[--pool CIDR] [--ipip MODE] [--backend NAME] [--encap MODE] [--wireguard]" in (
        help_pages.usage(TemplateCreate)
    )


def test_the_form_offers_it_with_its_fields() -> None:
    template_form = TemplateForm(project="shop", defaults=DEFAULTS)
    view = form.template_view(template_form, OperationId("op"), OfferId("of"))
    blocks = {block["block_id"]: block for block in view["blocks"] if "block_id" in block}
    choices = [option["value"] for option in blocks["driver"]["element"]["options"]]
    assert choices == ["calico", "flannel", "antrea"]
    assert blocks["encap"]["label"]["text"] == "Encapsulation"
    assert blocks["encap"]["hint"]["text"] == "geneve or vxlan"
    assert form.template_errors({"encap": "gre"}) == {"encap": "gre is not one of geneve, vxlan"}
    action = form.fill_template(TemplateCreate(), {"driver": "antrea", "encap": "vxlan"})
    assert (action.driver, dict(action.options)) == ("antrea", {"encap": "vxlan"})


def test_a_template_is_created_with_its_labels() -> None:
    magnum = Magnum()
    created = create("template create antrea --encap vxlan --pool 10.120.0.0/16", magnum)
    [body] = magnum.created
    assert body["network_driver"] == "antrea" and body["name"] == "k8s-v1.29.5-antrea"
    assert body["labels"]["antrea_tunnel"] == "vxlan" and body["labels"]["antrea_pod_cidr"] == "10.120.0.0/16"
    assert created.template.driver == "antrea", "read back as a driver of the catalogue"
    text = str(template_views.show_created(created).messages)
    assert "Recommended for production: NetworkPolicy is enforced" in text


@pytest.mark.parametrize(
    ("words", "headline", "fix"),
    [
        ("calico --encap vxlan", "`--encap` is Antrea's", "Leave `--encap` out"),
        ("antrea --ipip always", "`--ipip` is Calico's", "Use `--encap geneve` instead of `--ipip`."),
        ("flannel --label antrea_tag=v2", "The label antrea_tag is Antrea's", "Leave `antrea_tag` out."),
        ("antrea --label calico_tag=v3.26.4", "this template is for Antrea", "Leave `calico_tag` out."),
        ("antrea --label antrea_tag=v1", "antrea_tag: there is v2", "--label antrea_tag=v2.1.0"),
    ],
)
def test_what_does_not_go_with_a_driver_is_refused(words: str, headline: str, fix: str) -> None:
    with pytest.raises(Refusal) as refusal:
        create(f"template create {words}", Magnum())
    assert headline in refusal.value.what and fix in refusal.value.fix


def test_its_pod_range_may_not_be_that_of_another_driver() -> None:
    defaults = Defaults(
        **{**vars(DEFAULTS), "driver_labels": {Driver("flannel"): {"flannel_network_cidr": "10.103.0.0/16"}}}
    )
    with pytest.raises(BadTemplate, match=r"10\.103\.0\.0/16 overlaps Flannel's pod range"):
        create("template create antrea", Magnum(), defaults)


@pytest.mark.parametrize(("healthy", "verdict"), [(True, Verdict.HEALTHY), (False, Verdict.DEGRADED)])
def test_a_cluster_is_verified_by_its_checks(healthy: bool, verdict: Verdict) -> None:
    kube = running(daemon_set("antrea-agent"))
    kube.lists[AGENTS] = [CustomResource(metadata=Meta(name="n1"), spec={"healthy": healthy})]
    verifier = Verifier(now=lambda: NOW, parallel=lambda: 1, seconds=lambda: 30.0)
    target = VerificationTarget(name="dev", id="u", project="shop", connect=lambda _seconds: kube)  # type: ignore[arg-type, return-value]
    report = verifier.verify(target, NAME)
    assert (report.verdict, report.running) == (verdict, "antrea") and AGENTS in kube.asked
    assert [finding.title for finding in report.findings] == ([] if healthy else ["an agent is unhealthy"])
    summary = VerificationSummary(asked=NAME, reports=(report,), missing=(), single=True)
    assert "antrea" in verification_views.show_summary(summary).headline
    assert collector.NODES in kube.asked


def test_it_stands_in_the_comparison() -> None:
    comparison = list_drivers(None, None)  # type: ignore[arg-type]
    rendered = driver_views.show_comparison(comparison)
    assert "production with Windows nodes" in str(rendered.messages) and "Antrea" in rendered.headline


def test_policies_are_taken_where_it_enforces_them_and_its_own_are_refused_with_its_tools(
    profile: DriverProfile,
) -> None:
    where = {"project": "shop", "name": "dev", "id": "u", "production": False}
    check_enforced(PolicyCluster(**where, driver=profile.title, enforces=profile.enforces_network_policy))  # type: ignore[arg-type]
    with pytest.raises(NotEnforced, match="runs Flannel") as refusal:
        check_enforced(PolicyCluster(**where, driver="Flannel", enforces=False))  # type: ignore[arg-type]
    assert refusal.value.fix.endswith("`/xk8s migrate dev --to calico`")
    with pytest.raises(InvalidManifest, match="This is Antrea's own ClusterNetworkPolicy") as manifest:
        validation.check_kind({"kind": "ClusterNetworkPolicy", "apiVersion": "crd.antrea.io/v1beta1"})
    assert "apply Antrea's with antctl or kubectl" in manifest.value.fix
    document = ManifestObject("f", "crd.antrea.io", "ClusterNetworkPolicy", "", "deny", {}, "")
    assert document.is_other_policy and str(document) == "ClusterNetworkPolicy deny"


def test_a_migration_to_it_and_from_it_is_planned() -> None:
    group = "crd.antrea.io"
    policy = an("ClusterNetworkPolicy", "deny", api=f"{group}/v1beta1", namespace="")
    record = an("AntreaAgentInfo", "n1", api=f"{group}/v1beta1", namespace="")
    kind = ApiResource(
        group=group, version="v1beta1", kind=policy["kind"], plural="clusternetworkpolicies", namespaced=False
    )
    surface = ApiSurface(version=SERVED.version, resources=(*SERVED.resources, kind))
    facts = TargetFacts(exists=True, surface=surface)

    to_antrea = plan(workload(name="web"), policy, record, to=NAME, surface=surface, facts=facts)
    assert not to_antrea.blockers and to_antrea.target.driver == "antrea"
    assert type(to_antrea).model_validate_json(to_antrea.model_dump_json()) == to_antrea
    assert {item.ref.kind: item.stage for item in to_antrea.items}[
        "ClusterNetworkPolicy"
    ] is CopyStage.POLICIES
    assert {excluded.ref.kind: excluded.why for excluded in to_antrea.left} == {
        "AntreaAgentInfo": "it is Antrea's own record of this cluster"
    }

    to_calico = plan(policy, to=Driver("calico"), surface=surface, facts=facts)
    [excluded] = to_calico.left
    assert (excluded.reason, excluded.why) == (ExclusionReason.VERSION, "Calico has no such policies")


def test_the_role_has_the_rights_that_its_checks_and_its_policies_need(profile: DriverProfile) -> None:
    assert rbac.check_rules([profile]) == [
        {"apiGroups": ["crd.antrea.io"], "resources": ["antreaagentinfos"], "verbs": ["get", "list"]}
    ]
    policies = {
        "apiGroups": ["crd.antrea.io"],
        "resources": ["networkpolicies", "clusternetworkpolicies"],
        "verbs": ["list"],
    }
    assert policies in rbac.cluster_role()["rules"]
