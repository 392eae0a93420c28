"""The table of an ensemble: labels, rows, what it shows, and points done once more."""

import csv
import io

import numba
import numpy as np
import pytest

import bp
from replica_theory import BinaryPerceptron

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


def test_shapes_and_labels(serial):
    assert serial.root == 7 and serial.samples == 2
    assert serial.alpha.tolist() == [0.3, 0.5] and serial.n.tolist() == [61, 101]
    np.testing.assert_array_equal(serial.load, [[18 / 61, 30 / 101], [30 / 61, 50 / 101]])
    for name in MEASUREMENTS:
        assert serial.values[name].shape == (2, 2, 2) + ((2,) if name == "local_entropy" else ())


def test_a_point_alone_is_the_same(serial):
    point = serial.rerun(1, 1, 0)
    for name, value in point.items():
        np.testing.assert_array_equal(value, serial.values[name][1, 1, 0])
    alone = run(alpha=0.3, n=61, samples=1)  # first in either grid
    for name, value in alone.values.items():
        np.testing.assert_array_equal(value[0, 0, 0], serial.values[name][0, 0, 0])


@pytest.mark.parametrize("place", [(2, 0, 0), (0, -1, 0), (0, 0, 2)])
def test_a_point_that_is_not_there(serial, place):
    with pytest.raises(ValueError, match=r"(alpha_index|n_index|sample) must be an integer from 0 to 1; got (2|-1)"):
        serial.rerun(*place)


def test_an_ensemble_shows_itself_and_how_it_ended(serial):
    assert serial.status.shape == (2, 2, 2) and serial.converged.all() and "converged" in serial.message
    assert repr(serial).startswith("Ensemble(BinaryPerceptron(kappa=0.0, beta=inf), shape (2, 2, 2), entropy = 0.")
    assert repr(serial).endswith("8 of 8 converged)")
    assert all(f"<code>{name}</code>" in serial._repr_html_() for name in MEASUREMENTS)
    np.testing.assert_array_equal(serial.error["overlap"], serial.mean("overlap").error)
    assert serial == run() and serial != run(rng=8)


def test_rows_and_csv(serial):
    assert len(serial.rows) == 8
    row = serial.rows[5]  # [1, 0, 1]
    assert (row["alpha"], row["load"], row["n"], row["sample"]) == (0.5, 30 / 61, 61, 1)
    assert row["local_entropy_0.3"] == serial.values["local_entropy"][1, 0, 1, 1]
    read = list(csv.DictReader(io.StringIO(serial.to_csv())))
    assert [{k: float(v) for k, v in line.items()} for line in read] == serial.rows


def test_names_of_the_table_are_checked(serial):
    for call in (serial.mean, serial.extrapolate):
        with pytest.raises(ValueError, match=r"name must be one of 'entropy'.*; got 'energie'"):
            call("energie")
    with pytest.raises(ValueError, match="width must be positive"):
        serial.mean("entropy", width=0)
    with pytest.raises(ValueError, match="order must be an integer from 1 to 2; got 3"):
        serial.extrapolate("entropy", order=3)
