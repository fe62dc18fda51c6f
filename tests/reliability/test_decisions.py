"""Decisions at the same moment, from two processes: one counts, and it has one effect."""

from __future__ import annotations

import collections
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from bot.access.approvals import Approvals
from bot.common.problems import Refusal
from storage.approvals import ApprovalRepository, Vote
from storage.database import Database
from tests.unit.access.approval_requests import Clock, ask, desk, rules

PROCESSES, EACH = 2, 100


def decide_many(url: str, approval: str, process: int, start: Any, results: Any) -> None:
    database = Database.open(url)
    approvals = Approvals(ApprovalRepository(database), rules=rules, now=Clock())
    start.wait()

    def decide(number: int) -> str:
        person = f"U{process}-{number}"
        verdict = Vote(person=person, name=person, approved=number % 2 == 0, comment="no")
        try:
            outcome = approvals.decide(approval, verdict, project="shop", typed="dev-eu")
        except Refusal as refused:
            return f"told: {refused.what.split(' by ')[0]}"
        return f"counted: {outcome.state}"

    with ThreadPoolExecutor(8) as pool:
        results.put(list(pool.map(decide, range(EACH))))
    database.dispose()


@pytest.mark.reliability
@pytest.mark.parametrize("round_", range(3))
def test_of_200_decisions_one_counts_and_everybody_is_told_the_same(
    database: Database, database_url: str, round_: int
) -> None:
    request = desk(database).ask(ask(f"op-{round_}"))
    context = multiprocessing.get_context("spawn")
    results, start = context.Queue(), context.Barrier(PROCESSES)
    processes = [
        context.Process(target=decide_many, args=(database_url, request.id, number, start, results))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    answers = collections.Counter(answer for _ in processes for answer in results.get(timeout=90))
    for process in processes:
        process.join()
    counted = {answer: number for answer, number in answers.items() if answer.startswith("counted")}
    assert sum(answers.values()) == PROCESSES * EACH
    assert list(counted.values()) == [1], answers
    assert len(answers) == 2, "all others are told the one true state"
    with database.reading() as connection:
        decisions = connection.execute(text("SELECT count(*) FROM approval_decisions")).scalar()
        effects = connection.execute(text("SELECT count(*) FROM inbox")).scalar()
    assert decisions == 1
    assert effects == (1 if "counted: approved" in counted else 0)
