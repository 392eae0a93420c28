"""Solutions found lie between typical ones and the bound."""

import pytest
from comparison_tables import BINARY, SYMMETRIC, TEACHER, table

import bp


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha", [(BINARY, 0.5), (TEACHER, 0.6), (SYMMETRIC, 0.8)])
def test_solutions_found_lie_between_typical_ones_and_the_bound(model, alpha):
    rows = table(model, alpha, "solutions", n=501, samples=8)
    assert {row.simulation_source for row in rows} == {f"around {name}" for name in bp.solvers()}
    for row in rows:
        assert row.z > 5 if row.expected == "above" else row.z < 4, row
