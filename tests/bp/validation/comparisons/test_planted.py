"""The entropy around a planted solution is that of Franz and Parisi."""

import pytest
from comparison_tables import SYMMETRIC, TEACHER, assert_agreement, table


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha", [(TEACHER, [0.5, 1.0]), (SYMMETRIC, [0.6, 1.0])])
def test_entropy_around_a_planted_solution(model, alpha):
    assert_agreement(table(model, alpha, "planted", samples=16, distance=[0.1, 0.15, 0.25]), least=5)
