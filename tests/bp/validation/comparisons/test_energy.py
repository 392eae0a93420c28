"""Energies at finite temperature: theory, belief propagation and Monte Carlo agree."""

import numpy as np
import pytest
from comparison_tables import BINARY, SYMMETRIC, TEACHER, assert_agreement, table


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha", [(BINARY, [0.3, 0.7]), (TEACHER, 0.8), (SYMMETRIC, 0.8)])
def test_energy_at_finite_temperature(model, alpha):
    rows = table(model, alpha, "energy", samples=24)
    assert_agreement(rows, least=2 * np.size(alpha))
    assert {row.simulation_source for row in rows} == {"belief propagation", "Monte Carlo"}
