"""Evaluates label selectors over many objects at once, with an inverted index of their labels."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from bot.policy.reach.arrays import Mask
from bot.policy.reach.model import LabelSelector, Operator, Requirement


class LabelIndex:
    """The objects of a sequence by label (key and value) and by label key."""

    def __init__(self, labels: Sequence[Mapping[str, str]]) -> None:
        self._size = len(labels)
        pairs: dict[tuple[str, str], list[int]] = defaultdict(list)
        keys: dict[str, list[int]] = defaultdict(list)
        for index, object_labels in enumerate(labels):
            for pair in object_labels.items():
                pairs[pair].append(index)
                keys[pair[0]].append(index)
        self._pairs = {pair: np.array(indices, dtype=np.int32) for pair, indices in pairs.items()}
        self._keys = {key: np.array(indices, dtype=np.int32) for key, indices in keys.items()}

    def select(self, selector: LabelSelector) -> Mask:
        """Return for each object whether the selector matches it."""
        selected = np.ones(self._size, dtype=bool)
        for requirement in selector.requirements:
            selected &= self._matching(requirement)
        return selected

    def _matching(self, requirement: Requirement) -> Mask:
        negated = requirement.operator in (Operator.NOT_IN, Operator.DOES_NOT_EXIST)
        matching = np.full(self._size, negated)
        if requirement.operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST):
            matching[self._keys.get(requirement.key, [])] = not negated
        else:
            for value in requirement.values:
                matching[self._pairs.get((requirement.key, value), [])] = not negated
        return matching
