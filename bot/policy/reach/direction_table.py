"""One direction of all policies as a table: which connections subjects grant to peers.

The subject is the pod that a policy selects: the destination for ingress, the source for egress. Subjects
that the same policies select (and that, for ingress, have the same named ports) share a row, peers that no
rule tells apart share a column, and a cell holds the number of a set of connections. Both directions use this
one class; they differ only in where a named port is resolved, because that is always the destination.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bot.policy.reach.arrays import Indices, Mask, Numbers, distinct
from bot.policy.reach.connection_sets import EMPTY, FULL, ConnectionSetTable
from bot.policy.reach.connections import Connections
from bot.policy.reach.endpoints import Endpoints
from bot.policy.reach.grants import GrantReader, RuleGrant
from bot.policy.reach.model import Direction, Policy, PolicyRef
from bot.policy.reach.partition import Partition

_Grants = Mapping[PolicyRef, tuple[RuleGrant, ...]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DirectionTable:
    """The table of one direction. Immutable.

    `row_of` and `column_of` give the row and the column of each endpoint, `policies_of_row` the policies that
    select the subjects of each row. `cells[row, column]` is the number in `sets` of what these policies grant
    together: everything in a row without policies.
    """

    direction: Direction
    sets: ConnectionSetTable
    row_of: Numbers
    column_of: Numbers
    cells: Numbers
    policies_of_row: tuple[tuple[Policy, ...], ...]

    @classmethod
    def build(
        cls, direction: Direction, policies: Iterable[Policy], endpoints: Endpoints, sets: ConnectionSetTable
    ) -> DirectionTable:
        """Compute the table of these policies; the endpoints must have been split by all their ipBlocks."""
        isolating = [policy for policy in policies if policy.rules(direction) is not None]
        reader = GrantReader(endpoints, direction)
        rows, columns = Partition.undivided(endpoints.count), Partition.undivided(endpoints.count)
        subjects, grants = {}, {}
        for policy in isolating:
            subjects[policy.ref] = endpoints.selected_by(policy)
            grants[policy.ref] = tuple(reader.grants(policy)) if len(subjects[policy.ref]) else ()
            _refine_peers(columns, grants[policy.ref])
            _refine_subjects(rows, subjects[policy.ref], grants[policy.ref], endpoints)
        policies_of_row: list[list[Policy]] = [[] for _ in range(rows.count)]
        for policy in isolating:
            for row in distinct(rows.class_of[subjects[policy.ref]], rows.count).tolist():
                policies_of_row[row].append(policy)
        table = cls(
            direction=direction,
            sets=sets,
            row_of=rows.class_of,
            column_of=columns.class_of,
            cells=np.full((rows.count, columns.count), FULL, dtype=np.int32),
            policies_of_row=tuple(map(tuple, policies_of_row)),
        )
        table._fill(range(rows.count), table._with_columns(grants), endpoints)
        return table

    def with_policy(self, policy: Policy, endpoints: Endpoints, parents: Indices) -> DirectionTable:
        """Return the table with one more policy.

        `endpoints` have been split by the policy's ipBlocks; `parents` gives the endpoint of this table that
        each of them is a part of.
        """
        rows, columns = Partition(self.row_of[parents]), Partition(self.column_of[parents])
        old_rows, old_columns = rows.class_of.copy(), columns.class_of.copy()
        isolates = policy.rules(self.direction) is not None
        subjects = endpoints.selected_by(policy) if isolates else np.empty(0, dtype=np.intp)
        grants = tuple(GrantReader(endpoints, self.direction).grants(policy)) if len(subjects) else ()
        _refine_subjects(rows, subjects, grants, endpoints)
        _refine_peers(columns, grants)
        parent_rows, parent_columns = old_rows[rows.representatives()], old_columns[columns.representatives()]
        selected_rows = distinct(rows.class_of[subjects], rows.count).tolist()
        policies_of_row = [self.policies_of_row[row] for row in parent_rows.tolist()]
        newly_isolated = [row for row in selected_rows if not policies_of_row[row]]
        for row in selected_rows:
            policies_of_row[row] = tuple(sorted((*policies_of_row[row], policy), key=lambda item: item.ref))
        table = dataclasses.replace(
            self,
            row_of=rows.class_of,
            column_of=columns.class_of,
            cells=self.cells[parent_rows][:, parent_columns],
            policies_of_row=tuple(policies_of_row),
        )
        table.cells[newly_isolated] = EMPTY
        table._grant(selected_rows, table._with_columns({policy.ref: grants}), endpoints)
        return table

    def without_policy(self, ref: PolicyRef, endpoints: Endpoints) -> DirectionTable:
        """Return the table without one of its policies.

        Rows and columns that only this policy told apart stay apart: that costs little, and changes nothing.
        """
        selected_rows = [
            row
            for row, policies in enumerate(self.policies_of_row)
            if any(policy.ref == ref for policy in policies)
        ]
        policies_of_row = tuple(
            tuple(policy for policy in policies if policy.ref != ref) for policies in self.policies_of_row
        )
        table = dataclasses.replace(self, cells=self.cells.copy(), policies_of_row=policies_of_row)
        reader = GrantReader(endpoints, self.direction)
        remaining = {policy.ref: policy for row in selected_rows for policy in policies_of_row[row]}
        grants = {policy_ref: tuple(reader.grants(policy)) for policy_ref, policy in remaining.items()}
        table._fill(selected_rows, table._with_columns(grants), endpoints)
        return table

    def policies_of(self, endpoint: int) -> tuple[Policy, ...]:
        """Return the policies that isolate an endpoint in this direction."""
        return self.policies_of_row[int(self.row_of[endpoint])]

    def isolated_rows(self) -> Mask:
        """Return for each row whether any policy isolates its subjects."""
        return np.array([bool(policies) for policies in self.policies_of_row], dtype=bool)

    def _with_columns(self, grants: _Grants) -> _Grants:
        """Replace the endpoints that grants name by the columns of this table."""
        return {ref: tuple(map(self._with_column, policy_grants)) for ref, policy_grants in grants.items()}

    def _with_column(self, grant: RuleGrant) -> RuleGrant:
        if grant.peers is None:
            return grant
        columns = distinct(self.column_of[grant.peers], self.cells.shape[1])
        return dataclasses.replace(grant, peers=columns)

    def _fill(self, rows: Sequence[int], grants: _Grants, endpoints: Endpoints) -> None:
        for row in rows:
            self.cells[row] = EMPTY if self.policies_of_row[row] else FULL
        self._grant(rows, grants, endpoints)

    def _grant(self, rows: Sequence[int], grants: _Grants, endpoints: Endpoints) -> None:
        representatives = Partition(self.row_of).representatives()
        for row in rows:
            for policy in self.policies_of_row[row]:
                for grant in grants.get(policy.ref, ()):
                    connections = grant.connections
                    if grant.named_ports:
                        named_ports = endpoints.named_ports(int(representatives[row]))
                        connections |= endpoints.pod_index.resolve(grant.named_ports, named_ports)
                    self._add(self.cells[row], self.sets.number(connections), grant.peers)

    def _add(self, cells: Numbers, number: int, columns: Indices | None) -> None:
        """Unite the cells of a row with a set; few different sets occur in one row."""
        before = cells if columns is None else cells[columns]
        if not len(before):
            return
        occurring = distinct(before, len(self.sets)).tolist()
        unions = [self.sets.union(present, number) for present in occurring]
        after: Numbers | int = unions[0]
        if len(occurring) > 1:
            union_of = np.zeros(occurring[-1] + 1, dtype=np.int32)
            union_of[occurring] = unions
            after = union_of[before]
        cells[slice(None) if columns is None else columns] = after


def _refine_peers(columns: Partition, grants: Iterable[RuleGrant]) -> None:
    """Split columns so that a policy grants the same to all peers of each of them."""
    for grant in grants:
        if grant.peers is not None:
            columns.refine(grant.peers)


def _refine_subjects(
    rows: Partition, subjects: Indices, grants: Iterable[RuleGrant], endpoints: Endpoints
) -> None:
    """Split rows so that a policy grants the same to all subjects of each of them.

    Where port names are resolved at the subjects, those for which they resolve differently are told apart.
    """
    rows.refine(subjects)
    named = [port for grant in grants for port in grant.named_ports]
    alike: dict[tuple[Connections, ...], list[Indices]] = defaultdict(list)
    for named_ports, members in endpoints.split_by_named_ports(subjects) if named else ():
        resolved = tuple(endpoints.pod_index.resolve((port,), named_ports) for port in named)
        alike[resolved].append(members)
    for members_of_one in alike.values():
        rows.refine(np.concatenate(members_of_one))
