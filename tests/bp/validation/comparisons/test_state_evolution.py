"""AMP follows its state evolution iteration by iteration."""

import numpy as np
import pytest
from comparison_tables import BINARY, SYMMETRIC, TEACHER, assert_agreement, limits, table


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha", [(BINARY, [0.3, 0.6]), (TEACHER, [0.4, 0.8]), (SYMMETRIC, [0.8])])
def test_amp_follows_its_state_evolution_iteration_by_iteration(model, alpha):
    rows = table(model, alpha, "state-evolution", samples=32)
    assert_agreement(rows, least=4 * len(alpha))
    assert {row.iteration for row in limits(rows)} == {1, 2, 4, 8}
    # the first iterate is far from the fixed point: the agreement is that of the course
    first, last = (np.array([row.theory for row in limits(rows) if row.iteration == t]) for t in (1, 8))
    assert np.all(np.abs(first - last) > 0.02)
