"""Nodes that resolve a steep kernel."""

import numpy as np
from scipy import special

from replica_theory import BinaryPerceptron
from replica_theory.typical.stepped import stepped_rule


def test_a_steep_probability_is_averaged():
    """E P(sqrt(q) z + sqrt(1 - q) x >= kappa) = H(kappa) at any q, also of a step at 0 of its own."""
    q = np.array([0.0, 0.3, 1 - 1e-8])
    model = BinaryPerceptron(np.full((3, 1), 0.7))
    root, std = np.sqrt(q), np.sqrt(1 - q)
    for also in (None, 0.1 * np.ones(3)):
        rule = stepped_rule(model, root, std, 121, also)
        values = np.exp(model.log_kernel(root[:, None] * rule.nodes, std[:, None]).log)
        np.testing.assert_allclose(rule.integrate(values), special.ndtr(-0.7), atol=1e-12)
