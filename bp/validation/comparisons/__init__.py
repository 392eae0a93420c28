"""Comparisons of theory and simulation, one file each; `bp.crosscheck` runs them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bp.validation.comparisons.comparison import Comparison, Job, Measured
from bp.validation.comparisons.energy import Energy
from bp.validation.comparisons.entropy import Entropy
from bp.validation.comparisons.enumeration import Enumeration
from bp.validation.comparisons.focusing import Focusing
from bp.validation.comparisons.planted import Planted
from bp.validation.comparisons.solutions import Solutions
from bp.validation.comparisons.state_evolution import AmpIterations
from bp.validation.table import Expected, Row

COMPARISONS: Mapping[str, Comparison] = MappingProxyType(
    {
        comparison.name: comparison
        for comparison in (
            Entropy(), Enumeration(), Energy(), AmpIterations(), Planted(), Focusing(), Solutions(),
        )
    }
)  # fmt: skip

__all__ = ["COMPARISONS", "Comparison", "Expected", "Job", "Measured", "Row"]
