"""Measurements on one instance are what the front doors give."""

import importlib

import numba
import numpy as np
import pytest

import bp
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron, TeacherStudent

measurements = importlib.import_module("bp.ensembles.measurements")


MODEL = BinaryPerceptron()
MEASUREMENTS = ["entropy", "overlap", "solved", "iterations", "local_entropy", "solution_overlaps"]
SMALL = {"alpha": [0.3, 0.5], "n": [61, 101], "samples": 2, "rng": 7, "distance": [0.1, 0.3], "solver_runs": 2}


def run(measurements=MEASUREMENTS, model=MODEL, **changes):
    return bp.ensemble(model, measurements=measurements, **SMALL | changes)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """The instances are so small that threads would only wait for each other."""
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)


@pytest.fixture(scope="module")
def serial():
    return run()


def test_points_are_what_the_front_doors_give(serial):
    draw, first, second = np.random.SeedSequence([7, 1, 0, 1]).spawn(3)
    instance = bp.random_instance(MODEL, 61, 0.5, draw)
    state = bp.belief_propagation(instance)
    a, b = (bp.solve(instance, rng=seed) for seed in (first, second))
    point = {name: values[1, 0, 1] for name, values in serial.values.items()}
    assert (point["entropy"], point["overlap"]) == (state.entropy, state.overlap)
    assert (point["solved"], point["iterations"]) == (a.solved, a.iterations)
    curve = bp.local_entropy(instance, a.weights, [0.1, 0.3])
    np.testing.assert_array_equal(point["local_entropy"], curve.entropy)
    assert point["solution_overlaps"] == a.overlap(b) == instance.overlap(a.weights, b.weights)


def test_energy_and_generalization_error():
    thermal = run(["energy"], BinaryPerceptron(beta=2.0), alpha=0.5, n=101, samples=1)
    instance = bp.random_instance(MODEL, 101, 0.5, np.random.SeedSequence([7, 0, 0, 0]).spawn(1)[0])
    assert thermal.values["energy"].item() == bp.belief_propagation(instance, beta=2.0).energy
    taught = run(["generalization_error"], TeacherStudent(), alpha=0.5, n=101, samples=1)
    instance = bp.random_instance(TeacherStudent(), 101, 0.5, np.random.SeedSequence([7, 0, 0, 0]).spawn(1)[0])
    r = instance.overlap(instance.teacher, bp.belief_propagation(instance).magnetizations)
    assert taught.values["generalization_error"].item() == pytest.approx(np.arccos(r) / np.pi, rel=1e-14)


def test_generalization_error_is_the_fraction_of_fresh_patterns_that_two_weights_disagree_on():
    rng = np.random.default_rng(3)
    teacher, weights = rng.choice([-1, 1], size=(2, 41))
    patterns = rng.standard_normal((200_000, 41))
    measured = np.mean((patterns @ teacher) * (patterns @ weights) < 0)
    expected = np.arccos(teacher @ weights / 41) / np.pi
    assert measured == pytest.approx(expected, abs=4 * np.sqrt(0.25 / 200_000))  # four standard errors


def test_overlaps_of_an_even_constraint_have_no_sign():
    result = run(["solution_overlaps"], SymmetricBinaryPerceptron(1.0), alpha=0.3, n=61, samples=2)
    assert (result.values["solution_overlaps"] >= 0).all()


for package in ("xarray", "h5netcdf", "h5py"):
    pytest.importorskip(package, reason=f"{package} is not installed (extra [data])")


def test_every_measurement_says_what_it_is():
    assert all(x.name == name and x.quantity.long_name for name, x in measurements.MEASUREMENTS.items())
