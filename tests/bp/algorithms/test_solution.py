"""What solvers return: a record that cannot be changed, and a status in words."""

import numpy as np
import pytest

import bp
from bp.algorithms.focusing import FocusingBP
from bp.algorithms.solution import Solution, SolverStatus
from replica_theory import read_netcdf
from replica_theory.models.perceptron import BinaryPerceptron


@pytest.fixture(scope="module")
def medium():
    return bp.random_instance(BinaryPerceptron(), n=301, alpha=0.5, rng=1)


def test_result_is_frozen(medium):
    found = FocusingBP(schedule="pseudo", steps=2)(medium, rng=1)
    for array in (found.weights, found.trace):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]
    with pytest.raises(AttributeError):
        found.errors = 0


def test_a_status_equals_its_name_and_has_a_sentence():
    for status in SolverStatus:
        assert status == str(status) == status.value and status.sentence.endswith(".")
    found = Solution(np.ones(3, dtype=np.int8), 2, 7, np.empty(0), SolverStatus.DIVERGED)
    assert not found.solved and found.message == SolverStatus.DIVERGED.sentence


def test_a_solution_shows_itself_in_a_line_and_equals_its_like(medium):
    found, again = (FocusingBP(schedule="pseudo", steps=20)(medium, rng=1) for _ in range(2))
    assert found == again and found != FocusingBP(schedule="pseudo", steps=20)(medium, rng=2)
    assert repr(found).startswith(f"Solution(301 weights, {found.iterations} iterations, errors = {found.errors}, ")
    assert found.converged is found.solved and found.error == 0.0
    assert "<table>" in found._repr_html_() and found.to_csv().startswith("weight")


def test_a_solution_is_read_back_bit_for_bit(medium, tmp_path):
    for package in ("xarray", "h5netcdf", "h5py"):
        pytest.importorskip(package)
    found = bp.solve(medium, rng=1, entropies=True)
    found.to_netcdf(tmp_path / "found.nc")
    again = read_netcdf(tmp_path / "found.nc")
    assert again == found and again.trace.tobytes() == found.trace.tobytes() and again.status is found.status
    assert set(found.to_xarray().sizes) == {"weight", "step"}
