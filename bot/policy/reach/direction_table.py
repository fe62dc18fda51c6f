"""One direction of all policies as a table: which connections each kind of subject grants to each kind of
peer.

The subject is the pod that a policy selects: the destination for ingress, the source for egress. Subjects
with the same policies (and, for ingress, the same named ports) share a row, peers that no rule tells apart
share a column, and a cell is the number of a set of connections in a `SetTable`. Both directions are this
same table; only where a named port is resolved differs, because that is always the destination.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from bot.policy.reach.connection_sets import EMPTY, FULL, Ids, SetTable
from bot.policy.reach.connections import ALL, Connections
from bot.policy.reach.endpoints import Endpoints
from bot.policy.reach.model import Direction, Peer, Policy, PolicyRef, PortRule, Rule
from bot.policy.reach.partition import Partition, different
from bot.policy.reach.pod_index import resolve

Indices = npt.NDArray[np.intp]


@dataclasses.dataclass(frozen=True, slots=True)
class RuleGrant:
    """What a rule opens: these connections to these peers (endpoints, or columns once they are numbered).

    `members` None is everyone. `named` are ports that are resolved for each subject, which for ingress is the
    destination.
    """

    rule: int
    connections: Connections
    members: Indices | None
    named: tuple[PortRule, ...] = ()


class Granting:
    """Turns the rules of policies into grants; remembers peers that many rules share."""

    def __init__(self, endpoints: Endpoints, direction: Direction) -> None:
        self._endpoints = endpoints
        self._direction = direction
        self._known: dict[tuple[str, tuple[Peer, ...]], Indices] = {}

    def grants(self, policy: Policy) -> Iterator[RuleGrant]:
        """What the rules of a policy open, in their order."""
        for index, rule in enumerate(policy.rules(self._direction) or ()):
            members = self.members(rule, policy.namespace)
            named = tuple(port for port in rule.ports if isinstance(port.port, str))
            if not named:
                yield RuleGrant(index, _numbered(rule), members)
            elif self._direction is Direction.INGRESS:
                yield RuleGrant(index, _numbered(rule), members, named)
            else:
                yield from self._resolved(index, rule, members, named)

    def members(self, rule: Rule, namespace: str) -> Indices | None:
        """The peers of a rule; None for everyone."""
        if not rule.peers:
            return None
        key = (namespace, rule.peers)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._endpoints.members(rule.peers, namespace)
        return found

    def _resolved(
        self, index: int, rule: Rule, members: Indices | None, named: tuple[PortRule, ...]
    ) -> Iterator[RuleGrant]:
        """For egress the peers are the destinations: one grant for each way in which the names resolve."""
        numbered = _numbered(rule)
        if numbered:
            yield RuleGrant(index, numbered, members)
        everyone = np.arange(self._endpoints.count) if members is None else members
        for ports, units in self._endpoints.by_ports(everyone):
            found = self._endpoints.population.resolve(named, ports)
            if found:
                yield RuleGrant(index, found, units)


def _numbered(rule: Rule) -> Connections:
    if not rule.ports:
        return ALL
    return resolve([port for port in rule.ports if not isinstance(port.port, str)], frozenset())


class DirectionTable:
    """The table of one direction. Immutable.

    `rows_of` and `columns_of` give the row and the column of each endpoint, `policies` those of each row;
    `cells[row, column]` is the number of what they grant, everything in a row without policies.
    """

    def __init__(
        self,
        *,
        direction: Direction,
        sets: SetTable,
        rows_of: Ids,
        columns_of: Ids,
        cells: Ids,
        policies: tuple[tuple[Policy, ...], ...],
    ) -> None:
        self.direction = direction
        self.sets = sets
        self.rows_of = rows_of
        self.columns_of = columns_of
        self.cells = cells
        self.policies = policies

    @classmethod
    def build(
        cls, direction: Direction, policies: Iterable[Policy], endpoints: Endpoints, sets: SetTable
    ) -> DirectionTable:
        """Compute it from nothing."""
        isolating = [policy for policy in policies if policy.rules(direction) is not None]
        granting = Granting(endpoints, direction)
        rows, columns = Partition(endpoints.count), Partition(endpoints.count)
        selected, grants = {}, {}
        for policy in isolating:
            selected[policy.ref] = endpoints.selected(policy)
            grants[policy.ref] = tuple(granting.grants(policy)) if len(selected[policy.ref]) else ()
            _refine(rows, columns, selected[policy.ref], grants[policy.ref], endpoints)
        of_row: list[list[Policy]] = [[] for _ in range(rows.count)]
        for policy in isolating:
            for row in different(rows.ids[selected[policy.ref]], rows.count).tolist():
                of_row[row].append(policy)
        made = cls(
            direction=direction,
            sets=sets,
            rows_of=rows.ids,
            columns_of=columns.ids,
            cells=np.full((rows.count, columns.count), FULL, dtype=np.int32),
            policies=tuple(map(tuple, of_row)),
        )
        numbered = {ref: made._columns_of(each) for ref, each in grants.items()}
        made._fill(range(rows.count), numbered, endpoints)
        return made

    def with_policy(self, policy: Policy, endpoints: Endpoints, parents: Indices) -> DirectionTable:
        """With one more policy. `parents` gives the endpoint here of each endpoint there."""
        rows, columns = Partition.of(self.rows_of[parents]), Partition.of(self.columns_of[parents])
        old_rows, old_columns = rows.ids.copy(), columns.ids.copy()
        selected = (
            endpoints.selected(policy)
            if policy.rules(self.direction) is not None
            else np.empty(0, dtype=np.intp)
        )
        grants = tuple(Granting(endpoints, self.direction).grants(policy)) if len(selected) else ()
        _refine(rows, columns, selected, grants, endpoints)
        parent_rows, parent_columns = old_rows[rows.representatives()], old_columns[columns.representatives()]
        touched = different(rows.ids[selected], rows.count).tolist()
        of_row = [self.policies[row] for row in parent_rows.tolist()]
        fresh = [row for row in touched if not of_row[row]]
        for row in touched:
            of_row[row] = tuple(sorted((*of_row[row], policy), key=lambda each: each.ref))
        made = DirectionTable(
            direction=self.direction,
            sets=self.sets,
            rows_of=rows.ids,
            columns_of=columns.ids,
            cells=self.cells[parent_rows][:, parent_columns],
            policies=tuple(of_row),
        )
        made.cells[fresh] = EMPTY
        made._grant(touched, {policy.ref: made._columns_of(grants)}, endpoints)
        return made

    def without_policy(self, policy: PolicyRef, endpoints: Endpoints) -> DirectionTable:
        """Without one of its policies; rows and columns that it alone told apart stay apart."""
        touched = [row for row, each in enumerate(self.policies) if any(one.ref == policy for one in each)]
        of_row = [tuple(one for one in each if one.ref != policy) for each in self.policies]
        made = DirectionTable(
            direction=self.direction,
            sets=self.sets,
            rows_of=self.rows_of,
            columns_of=self.columns_of,
            cells=self.cells.copy(),
            policies=tuple(of_row),
        )
        granting = Granting(endpoints, self.direction)
        remaining = {one.ref: one for row in touched for one in of_row[row]}
        grants = {ref: made._columns_of(granting.grants(one)) for ref, one in remaining.items()}
        made._fill(touched, grants, endpoints)
        return made

    def _columns_of(self, grants: Iterable[RuleGrant]) -> tuple[RuleGrant, ...]:
        return tuple(
            (
                grant
                if grant.members is None
                else dataclasses.replace(
                    grant, members=different(self.columns_of[grant.members], self.cells.shape[1])
                )
            )
            for grant in grants
        )

    def _fill(
        self, rows: Iterable[int], grants: Mapping[PolicyRef, tuple[RuleGrant, ...]], endpoints: Endpoints
    ) -> None:
        rows = list(rows)
        for row in rows:
            self.cells[row] = EMPTY if self.policies[row] else FULL
        self._grant(rows, grants, endpoints)

    def _grant(
        self, rows: Iterable[int], grants: Mapping[PolicyRef, tuple[RuleGrant, ...]], endpoints: Endpoints
    ) -> None:
        representatives = Partition.of(self.rows_of).representatives()
        for row in rows:
            for policy in self.policies[row]:
                for grant in grants.get(policy.ref, ()):
                    found = grant.connections
                    if grant.named:
                        ports = endpoints.ports(int(representatives[row]))
                        found |= endpoints.population.resolve(grant.named, ports)
                    self._add(self.cells[row], self.sets.number(found), grant.members)

    def _add(self, cells: Ids, number: int, columns: Indices | None) -> None:
        """Add a set to cells of a row; few different sets occur in one row."""
        before = cells if columns is None else cells[columns]
        if not len(before):
            return
        found = different(before, len(self.sets)).tolist()
        unions = [self.sets.union(one, number) for one in found]
        after: Ids | int = unions[0]
        if len(found) > 1:
            table = np.zeros(found[-1] + 1, dtype=np.int32)
            table[found] = unions
            after = table[before]
        cells[slice(None) if columns is None else columns] = after


def _refine(
    rows: Partition, columns: Partition, selected: Indices, grants: Iterable[RuleGrant], endpoints: Endpoints
) -> None:
    rows.refine(selected)
    for grant in grants:
        if grant.members is not None:
            columns.refine(grant.members)
    named = [port for grant in grants for port in grant.named]
    if named:
        for ports in _alike(named, selected, endpoints):
            rows.refine(ports)


def _alike(named: list[PortRule], selected: Indices, endpoints: Endpoints) -> Iterator[Indices]:
    """The subjects parted by what each of these names is for them."""
    parts: dict[tuple[Connections, ...], list[Indices]] = {}
    for ports, units in endpoints.by_ports(selected):
        parts.setdefault(tuple(endpoints.population.resolve((port,), ports) for port in named), []).append(
            units
        )
    return (np.concatenate(units) for units in parts.values())
