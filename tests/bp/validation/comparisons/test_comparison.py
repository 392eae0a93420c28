"""What comparisons share: jobs and their seeds, and the points of one load as columns."""

import numpy as np
from bp.validation.comparisons.comparison import Job, Measured

import bp
from replica_theory import BinaryPerceptron


def job(comparison, sample=2):
    return Job(comparison, BinaryPerceptron(), 0.5, 61, (0.1,), "amp", 7, 1, sample)


def test_comparisons_of_one_sample_share_their_instance():
    one, other = job("entropy"), job("solutions")
    assert (one.name, other.name) == ("entropy-1-61-2", "solutions-1-61-2")
    draw = np.random.SeedSequence([7, 1, 61, 2]).spawn(1)[0]
    expected = bp.random_instance(BinaryPerceptron(), 61, 0.5, draw)
    for each in (one, other):
        np.testing.assert_array_equal(each.instance().xi, expected.xi)
    assert not np.array_equal(job("entropy", sample=3).instance().xi, expected.xi)


def test_columns_come_at_their_place_with_the_load_of_their_size():
    points = {
        21: [{"x": np.array([[1.0, 2.0], [3.0, 4.0]]), "controls": np.array([0.1, 0.2])}] * 2,
        45: [{"x": np.array([[5.0, 6.0], [7.0, 8.0]]), "controls": np.array([0.3, 0.4])}],
    }
    measured = Measured(BinaryPerceptron(), 0.3, (0.1,), points)
    assert measured.loads == {21: 6 / 21, 45: 14 / 45}
    small, large = measured.values(lambda load: -load, "x", 1, 0)
    assert (small.n, small.load, small.theory) == (21, 6 / 21, -6 / 21)
    assert small.values.tolist() == [3.0, 3.0] and large.values.tolist() == [7.0]
    assert small.controls.tolist() == [[0.1, 0.2]] * 2 and large.controls.tolist() == [[0.3, 0.4]]
    bare = Measured(BinaryPerceptron(), 0.3, (0.1,), {21: [{"x": np.array(1.0)}]})
    assert bare.values(float, "x")[0].controls.shape == (1, 0)
