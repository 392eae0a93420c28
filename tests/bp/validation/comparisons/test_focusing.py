"""Focusing BP obeys its own theory, and not the robust ensemble."""

import numpy as np
import pytest
from comparison_tables import BINARY, assert_agreement, table


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.5])
def test_focusing_bp_obeys_its_own_theory_and_not_the_robust_ensemble(alpha):
    rows = table(BINARY, alpha, "focusing")
    own = [row for row in rows if row.theory_source == "focusing theory"]
    assert_agreement(own, least=11)  # at y = 1 the overlap does not scatter
    robust = [row for row in rows if row.theory_source == "robust ensemble" and np.isinf(row.n)]
    assert_agreement([row for row in robust if row.y == 1])
    far = [row for row in robust if row.y == 3 and row.gamma == 0.4 and row.quantity == "overlap"]
    assert len(far) == 1 and far[0].z < -5 and far[0].expected == "near" and "independent" in far[0].assumption
