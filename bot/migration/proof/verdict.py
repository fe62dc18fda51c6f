"""What one check found: what is not as it was, and what could not be looked at."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProofFault:
    """One thing that is not as it was. Never holds a value of a Secret, or what an application answered."""

    about: str  # `Service shop/cart`
    seen: str
    expected: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.about}: {self.seen}, expected {self.expected}{f' ({self.fix})' if self.fix else ''}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProofResult:
    """One check: of how many things, what is wrong, and what was not checked and why, as lines."""

    check: str  # `endpoints`, `load balancers`, …
    looked: int = 0
    faults: tuple[ProofFault, ...] = ()
    unchecked: tuple[str, ...] = ()
