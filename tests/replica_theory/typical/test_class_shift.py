"""The shift of a mixture at its stationary point."""

import numpy as np

from replica_theory import BinaryPerceptron, Mixture
from replica_theory.typical.class_shift import best_shift, maximal_shift, mean_over


def test_maximum_of_concave_functions():
    # -cosh(m - a): one of them far away.
    a = np.array([0.3, -40.0])
    found = maximal_shift(lambda m: (-np.sinh(np.clip(m - a, -300, 300)), -np.cosh(np.clip(m - a, -300, 300))), 0 * a)
    np.testing.assert_allclose(found, a, atol=1e-12)


def test_given_and_free():
    plain = BinaryPerceptron()
    model = Mixture([(0.3, plain, 1), (0.7, plain, -1)], "free", kappa=np.zeros((2, 1)))
    q = np.array([0.1, 0.6])
    shift = best_shift(model, q)
    assert np.all(shift < 0)
    np.testing.assert_array_equal(best_shift(model.at(shift=0.4), q), [0.4, 0.4])
    # One class needs no shift to be found of a mean: sum of p is 1.
    np.testing.assert_allclose(mean_over(model, shift, lambda one: [q, 2 * q]), [q, 2 * q], atol=1e-15)
    edges = mean_over(model, shift, lambda one: [np.ravel(one.edges[0])])
    np.testing.assert_allclose(edges, [-shift], atol=1e-15)
