"""Error rates around typical solutions: theory, messages, and a typical solution that is known."""

import numpy as np
import pytest
from comparison_tables import BINARY, table

import bp
from bp.validation.comparisons.local_energy import LocalEnergies, _around_typical
from replica_theory import BinaryPerceptron, DiscreteWeights, SphericalWeights, TeacherStudent

SPHERE = BinaryPerceptron(weights=SphericalWeights())


@pytest.mark.parametrize("model, alpha", [(SPHERE, 1.0), (BINARY, 0.5)])
def test_theory_and_messages_agree(model, alpha):
    """Within four standard errors of 6 instances."""
    rows = table(model, alpha, "local-energy", n=501, samples=6, distance=[0.05, 0.2])
    assert len(rows) == 2 and all(row.expected == "equal" and abs(row.z) < 5 for row in rows)


def test_it_is_for_random_labels_and_weights_of_one_length():
    levels = BinaryPerceptron(weights=DiscreteWeights([-1, 0, 1]))
    assert [LocalEnergies().admits(model) for model in (BINARY, SPHERE, levels, TeacherStudent())] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("weights", [{}, {"weights": SphericalWeights()}])
def test_the_teacher_is_a_typical_solution(weights):
    """At margin 0: arccos(1 - 2d)/π, which a pattern at random is violated with, to 1/√N."""
    instance = bp.random_instance(TeacherStudent(**weights), 2001, 1.0, rng=1)
    d = (0.05, 0.2)
    run = bp.belief_propagation(instance, "amp")
    known = np.arccos(1 - 2 * np.array(d)) / np.pi
    assert np.allclose(_around_typical(instance, run, d), known, atol=0.02)
    assert np.allclose(bp.local_energy(instance, instance.teacher, d), known, atol=0.02)
