"""Comparisons of theory and simulation, one file each; `bp.crosscheck` runs them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bp.comparisons.comparison import Comparison, Job, Measured
from bp.comparisons.energy import Energy
from bp.comparisons.entropy import Entropy
from bp.comparisons.enumeration import Enumeration
from bp.comparisons.focusing import Focusing
from bp.comparisons.planted import Planted
from bp.comparisons.solutions import Solutions
from bp.comparisons.state_evolution import AmpIterations
from bp.comparisons.table import Expected, Row

COMPARISONS: Mapping[str, Comparison] = MappingProxyType(
    {
        comparison.name: comparison
        for comparison in (
            Entropy(), Enumeration(), Energy(), AmpIterations(), Planted(), Focusing(), Solutions(),
        )
    }
)  # fmt: skip

__all__ = ["COMPARISONS", "Comparison", "Expected", "Job", "Measured", "Row"]
