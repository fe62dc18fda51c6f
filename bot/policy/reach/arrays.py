"""Array types of the engine, and operations on numbered things that several of its modules need."""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int32]  # of rows, columns, classes or connection sets, one for each element
Indices = npt.NDArray[np.intp]
AnyIndices = npt.NDArray[np.integer]
Mask = npt.NDArray[np.bool_]


def distinct(numbers: AnyIndices, count: int) -> Indices:
    """Return which of the numbers from 0 to `count` - 1 occur, in order.

    Much faster than sorting or hashing them, as `np.unique` does.
    """
    occurs = np.zeros(count, dtype=bool)
    occurs[numbers] = True
    return np.flatnonzero(occurs)


def first_indices(numbers: Numbers, count: int) -> Indices:
    """Return the first index of each number from 0 to `count` - 1; each of them must occur."""
    first = np.empty(count, dtype=np.intp)
    first[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)
    return first


def number_pairs(left: AnyIndices, right: AnyIndices) -> Numbers:
    """Number the pairs that two arrays form element by element, in the order of the pairs."""
    keys = left.astype(np.int64) * (int(right.max(initial=0)) + 1) + right
    numbers: Numbers = np.unique(keys, return_inverse=True)[1].astype(np.int32)
    return numbers


def unique_rows(keys: AnyIndices) -> tuple[npt.NDArray[np.int64], Indices, Indices]:
    """Return the distinct rows of a matrix, the first index of each, and for each row its number there."""
    combined = np.zeros(len(keys), dtype=np.int32)
    for column in range(keys.shape[1]):
        values = keys[:, column].astype(np.int64)
        combined = number_pairs(combined, values - int(values.min(initial=0)))
    _, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
    return keys[first].astype(np.int64), first, inverse
