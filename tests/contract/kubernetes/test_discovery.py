"""What clients such as kubectl ask before anything else: which kinds there are, in the form that they
understand.
"""

from __future__ import annotations

import pytest

from tests.contract.kubernetes.conftest import Api

FORM = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"


@pytest.mark.parametrize(
    ("accept", "version"),
    [
        (f"{FORM.format('v2beta1')},application/json", "v2beta1"),
        (f"{FORM.format('v2')},{FORM.format('v2beta1')},application/json", "v2"),
    ],
)
def test_discovery_comes_in_the_version_that_a_client_takes_first(
    api: Api, accept: str, version: str
) -> None:
    answer = api.ask("GET", "/apis", headers={"Accept": accept})
    assert answer.headers["Content-Type"] == FORM.format(version)
    assert answer.json()["apiVersion"] == f"apidiscovery.k8s.io/{version}"
    apps = next(item for item in answer.json()["items"] if item["metadata"]["name"] == "apps")
    deployments = next(r for r in apps["versions"][0]["resources"] if r["resource"] == "deployments")
    assert {subresource["subresource"] for subresource in deployments["subresources"]} == {"status", "scale"}
    assert deployments["categories"] == ["all"] and deployments["shortNames"] == ["deploy"]


def test_openapi_says_that_fields_are_validated_by_the_server(api: Api) -> None:
    index = api.json("GET", "/openapi/v3")["paths"]
    document = api.json("GET", index["apis/apps/v1"]["serverRelativeURL"])
    patch = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert patch["x-kubernetes-group-version-kind"] == {
        "group": "apps",
        "version": "v1",
        "kind": "Deployment",
    }
    assert {"fieldValidation", "dryRun"} <= {parameter["name"] for parameter in patch["parameters"]}
    assert api.ask("GET", "/openapi/v3/apis/none/v1").status == 404
