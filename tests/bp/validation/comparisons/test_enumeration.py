"""Enumeration agrees with theory and with belief propagation as N → ∞."""

import pytest
from comparison_tables import BINARY, SYMMETRIC, TEACHER, assert_agreement, table


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha", [(BINARY, 0.3), (TEACHER, 0.4), (SYMMETRIC, 0.5)])
def test_enumeration(model, alpha):
    rows = table(model, alpha, "enumeration", samples=3)
    assert [row.quantity for row in rows] == ["entropy", "entropy difference", "Franz-Parisi", "Franz-Parisi"]
    assert_agreement(rows, least=2)
