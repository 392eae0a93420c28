"""A draw: an instance and its seeds, by its place."""

import numpy as np

import bp
from bp.ensembles.draw import Draw
from replica_theory import BinaryPerceptron

MODEL = BinaryPerceptron(0.1)


def test_a_draw_depends_on_root_and_place_alone():
    draw = Draw(MODEL, 0.5, 21, 7, (1, 21, 0))
    assert draw.name == "1-21-0"
    seeds = np.random.SeedSequence([7, 1, 21, 0]).spawn(3)
    assert [s.generate_state(2).tolist() for s in draw.seeds(3)] == [s.generate_state(2).tolist() for s in seeds]
    np.testing.assert_array_equal(draw.instance().xi, bp.random_instance(MODEL, 21, 0.5, seeds[0]).xi)
    np.testing.assert_array_equal(draw.instance().xi, draw.instance().xi)
