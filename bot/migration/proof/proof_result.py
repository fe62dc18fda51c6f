"""The result of one check of the proof: what is not as it was, and what could not be looked at."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProofFault:
    """One thing that is not as it was. It never has a value of a Secret or an application's answer."""

    about: str  # `Service shop/cart`
    actual: str
    expected: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.about}: {self.actual}, expected {self.expected}{f' ({self.fix})' if self.fix else ''}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProofResult:
    """One check: how many things were looked at, what is wrong, and what was not checked and why."""

    check: str  # `endpoints`, `load balancers`, …
    checked_count: int = 0
    faults: tuple[ProofFault, ...] = ()
    unchecked: tuple[str, ...] = ()
