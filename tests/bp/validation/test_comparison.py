"""What comparisons share: jobs and their seeds, and the points of one load as columns."""

import numpy as np

import bp
from bp.validation.comparison import Comparison, Job, Measured
from replica_theory import BinaryPerceptron


class Named(Comparison):
    """A comparison of nothing."""

    def __init__(self, name):
        self.name, self.columns = name, ("x",)

    def measure(self, job):
        return {"x": np.array(job.n)}

    def rows(self, measured):
        return []


def job(comparison, sample=2):
    return Job(BinaryPerceptron(), 0.5, 61, 7, (1, 61, sample), Named(comparison), (0.1,), "amp")


def test_comparisons_of_one_sample_share_their_instance():
    one, other = job("this"), job("that")
    assert (one.name, other.name) == ("this-1-61-2", "that-1-61-2")
    draw = np.random.SeedSequence([7, 1, 61, 2]).spawn(1)[0]
    expected = bp.random_instance(BinaryPerceptron(), 61, 0.5, draw)
    for each in (one, other):
        np.testing.assert_array_equal(each.instance().xi, expected.xi)
    assert not np.array_equal(job("this", sample=3).instance().xi, expected.xi)


def test_by_default_it_applies_to_every_model_and_takes_the_sizes_asked_for():
    comparison = Named("this")
    assert comparison.applies(BinaryPerceptron()) and comparison.sizes([21, 45]) == (21, 45) and comparison.default


def test_columns_come_at_their_place_with_the_load_of_their_size():
    points = {
        21: [{"x": np.array([[1.0, 2.0], [3.0, 4.0]]), "control_variates": np.array([0.1, 0.2])}] * 2,
        45: [{"x": np.array([[5.0, 6.0], [7.0, 8.0]]), "control_variates": np.array([0.3, 0.4])}],
    }
    measured = Measured(BinaryPerceptron(), 0.3, (0.1,), points)
    assert measured.loads == {21: 6 / 21, 45: 14 / 45}
    small, large = measured.values(lambda load: -load, "x", 1, 0)
    assert (small.n, small.load, small.theory) == (21, 6 / 21, -6 / 21)
    assert small.values.tolist() == [3.0, 3.0] and large.values.tolist() == [7.0]
    assert small.control_variates.tolist() == [[0.1, 0.2]] * 2 and large.control_variates.tolist() == [[0.3, 0.4]]
    bare = Measured(BinaryPerceptron(), 0.3, (0.1,), {21: [{"x": np.array(1.0)}]})
    assert bare.values(float, "x")[0].control_variates.shape == (1, 0)
