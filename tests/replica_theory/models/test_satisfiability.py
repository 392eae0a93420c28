"""Random satisfiability as a model: the first moment."""

import itertools

import numpy as np
import pytest

from replica_theory.models.satisfiability import RandomSatisfiability


@pytest.mark.parametrize(("k", "beta"), [(2, np.inf), (3, 1.0), (4, 0.0)])
def test_the_first_moment_of_a_clause(k, beta):
    """A random clause leaves a configuration its weight, 1 or exp(-beta), with probabilities of all sign patterns."""
    weights = [np.exp(-beta) if not any(signs) else 1.0 for signs in itertools.product([0, 1], repeat=k)]
    model = RandomSatisfiability(k, beta)
    assert model.annealed(2.5) == pytest.approx(np.log(2) + 2.5 * np.log(np.mean(weights)), abs=1e-14)


@pytest.mark.parametrize("arguments", [(1,), (2.5,), (3, -1.0), (3, np.nan)])
def test_what_is_no_model(arguments):
    with pytest.raises((TypeError, ValueError), match=r"k must|beta must"):
        RandomSatisfiability(*arguments)


def test_a_ratio_is_not_negative():
    with pytest.raises(ValueError, match="ratio must be finite and non-negative"):
        RandomSatisfiability(3).annealed(-1.0)
