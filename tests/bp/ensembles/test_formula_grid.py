"""Ratios and sizes of random formulas: what is refused, and what settings say."""

import numpy as np
import pytest

from bp.ensembles.formula_grid import FormulaGrid
from replica_theory import BinaryPerceptron, RandomSatisfiability

MODEL = RandomSatisfiability(4)


def test_settings_hold_what_formulas_depend_on():
    grid = FormulaGrid.checked(MODEL, [7, 8], 100, 3, least=2)
    assert grid.settings(5) == {"model": "RandomSatisfiability", "k": 4, "alpha": (7.0, 8.0), "n": (100,), "seed": 5}
    assert grid.methods == ("exact",)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"model": BinaryPerceptron()}, TypeError, "model must be"),
        ({"alpha": 0.0}, ValueError, "alpha must be positive"),
        ({"alpha": np.nan}, ValueError, "alpha must be positive"),
        ({"alpha": [8.0, 8.0]}, ValueError, "alpha must hold different"),
        ({"alpha": 0.01}, ValueError, r"alpha=0\.01 at n=10 gives no clauses; alpha must be above 0\.05"),
        ({"n": 3}, ValueError, "n must be at least k=4, the variables of a clause; got 3"),
        ({"n": 10.5}, TypeError, "n must be an integer"),
        ({"samples": 1}, ValueError, "samples must be an integer of at least 2"),
    ],
)
def test_bad_grids_are_refused(change, error, sentence):
    given = {"model": MODEL, "alpha": 2.0, "n": 10, "samples": 2} | change
    with pytest.raises(error, match=sentence):
        FormulaGrid.checked(**given, least=2)


def test_what_does_not_fit_is_refused(monkeypatch):
    monkeypatch.setattr("bp.memory.available_memory", lambda: 1e9)
    FormulaGrid.checked(MODEL, 8.0, 100_000, 2, least=2).require_memory("exact")
    with pytest.raises(MemoryError, match=r"literals of a formula.*choose a smaller n"):
        FormulaGrid.checked(MODEL, 8.0, 1_000_000, 2, least=2).require_memory("exact")
