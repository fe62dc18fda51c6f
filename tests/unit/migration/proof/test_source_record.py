"""What is recorded of the source before it stops."""

from __future__ import annotations

from bot.adapters.kube.client import Reply
from bot.migration.objects.fields import ref_of
from bot.migration.proof.source_record import record_source
from tests.unit.migration.builders import an, inventory, plan
from tests.unit.migration.memory_kube import MemoryKube
from tests.unit.migration.proof.test_http_probes import app, get, service


class Answering(MemoryKube):
    """A cluster whose Services answer."""

    def get_once(self, path: str, *, seconds: float, most: int) -> Reply:
        assert path.endswith("/services/http:web:80/proxy/ready")
        return Reply(status=204, data=b"hunter2")


def test_ingresses_with_an_address_and_classes_of_answers_are_recorded() -> None:
    web, workload = service({"port": 80, "targetPort": 8080}), app(readinessProbe=get())
    serving = an("Ingress", "web", status={"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}})
    source = inventory(web, workload, serving, an("Ingress", "idle"))
    record = record_source(Answering(), source, plan(web))
    assert record.ingresses == (ref_of(serving),)
    assert [(answer.service, answer.said) for answer in record.answers.found] == [(ref_of(web), "2xx")]
    assert "hunter2" not in repr(record)
