"""The table of a comparison: means, summary, text, files."""

from dataclasses import replace

import numpy as np
import pytest

from bp.ensembles.solver_comparison import QUANTITIES, SolverComparison
from bp.ensembles.statistics import wilson
from replica_theory import read_netcdf

NAN = np.nan


@pytest.fixture
def table():
    """Two solvers on three problems of a kind and one of another, for which the second does not apply."""
    values = {
        "solved": [[1, 1, 0, 1], [1, 0, 0, NAN]],
        "errors": [[0, 0, 2, 0], [0, 3, NAN, NAN]],
        "iterations": [[10, 30, 99, 7], [500, 900, 900, NAN]],
        "proposals": [[NAN] * 4, [500, 900, 900, NAN]],
        "accepted": [[NAN] * 4] * 2,
        "flips": [[NAN] * 4] * 2,
        "cpu_seconds": [[1.0, 2.0, 3.0, 0.5], [4.0, 6.0, 8.0, NAN]],
        "local_entropy": [[[0.1, 0.2], [0.3, 0.4], [NAN] * 2, [0.1, 0.1]], [[0.2, 0.1], *[[NAN] * 2] * 3]],
    }
    ends = [["solved", "solved", "max-iterations", "solved"],
            ["solved", "schedule-ended", "out-of-time", "inapplicable"]]  # fmt: skip
    return SolverComparison(
        solvers={"a": {"solver": "sbpi", "barely": None}, "b": {"solver": "simulated-annealing", "beta": [1.0, 4.0]}},
        units={"a": "sweeps", "b": "proposals"},
        problems=("Easy(10)", "Hard(20)"),
        kind=np.array([0, 0, 0, 1]),
        n=np.array([21, 21, 21, 41]),
        load=np.array([0.5, 0.5, 0.5, 0.25]),
        distance=np.array([0.1, 0.2]),
        values={name: np.array(x, dtype=float) for name, x in values.items()},
        status=np.array(ends),
        reasons={"b": {"Hard(20)": "b needs another problem"}},
        root=2**64 + 1,
        method="amp",
        seconds=np.inf,
    )


def test_means_and_wilsons_intervals(table):
    success = table.mean("solved", width=2.0)
    np.testing.assert_allclose(success.mean, [[2 / 3, 1], [1 / 3, NAN]])
    assert success.count.tolist() == [[3, 1], [3, 0]]
    np.testing.assert_allclose([success.low[1, 0], success.high[1, 0]], wilson(1 / 3, 3, 2.0))
    np.testing.assert_array_equal(table.mean("iterations", over="solved").mean, [[20, 7], [500, NAN]])
    np.testing.assert_array_equal(table.mean("cpu_seconds", over="shared").mean, [[1.0, 0.5], [4.0, NAN]])
    np.testing.assert_allclose(table.mean("local_entropy").mean[0], [[0.2, 0.3], [0.1, 0.1]])
    np.testing.assert_array_equal(table.error, table.mean("solved").error)
    for bad in ({"name": "speed"}, {"name": "solved", "over": "none"}, {"name": "solved", "width": 0}):
        with pytest.raises(ValueError, match=list(bad)[-1]):
            table.mean(**bad)


def test_summary(table):
    first, second, third, fourth = table.summary
    assert (first["solver"], first["solved"], first["runs"], first["iterations"]) == ("a", 2, 3, 20.0)
    assert (first["cpu_seconds"], first["cpu_seconds_per_solution"], first["errors_left"]) == (2.0, 3.0, 2.0)
    assert second["errors_left"] == 3.0 and second["proposals"] == 500.0 and second["cpu_seconds_per_solution"] == 18.0
    assert second["ended"] == {"solved": 1, "schedule-ended": 1, "out-of-time": 1}
    assert (third["alpha"], third["n"], third["success"], third["errors_left"] == third["errors_left"]) == (
        0.25, 41, 1.0, False)  # fmt: skip
    assert first["local_entropy"] == pytest.approx([0.2, 0.3]) and np.isnan(fourth["local_entropy"]).all()
    assert np.isnan(second["local_entropy_error"]).all()  # of one solution
    assert fourth["reason"] == "b needs another problem" and fourth["runs"] == 0 and np.isnan(fourth["success"])


def test_text(table):
    lines = str(table).splitlines()
    assert lines[0].split()[:3] == ["solver", "solved", "success"] and lines[1] == "Easy(10), alpha = 0.5"
    assert lines[2].startswith("a       2/3     0.67 [0.39, 0.86]  20 sweeps") and lines[2].endswith("1 max-iterations")
    assert lines[4] == "Hard(20), alpha = 0.25" and lines[6] == "b: b needs another problem" and lines[7] == ""
    assert lines[8] == "entropy of the solutions at distance d from those found (nats per weight)"
    assert lines[9:] == [
        "solver  d = 0.1          d = 0.2",
        "Easy(10), alpha = 0.5",
        "a       0.2000 ± 0.1000  0.3000 ± 0.1000",  # of 0.1, 0.3: half their difference
        "b       0.2000           0.1000",
        "Hard(20), alpha = 0.25",
        "a       0.1000           0.1000",
        "b       -                -",
    ]
    without = replace(table, values={name: x for name, x in table.values.items() if name != "local_entropy"})
    assert str(without).splitlines() == lines[:7]
    assert repr(table) == "SolverComparison(a, b, shape (2, 4), solved = 0 to 1, 4 of 8 runs solved)"
    assert "does not apply" in table.message and "local_entropy" in table._repr_html_()
    assert set(table.values) == QUANTITIES.keys()


def test_csv_has_a_run_a_line(table):
    head, *lines = table.to_csv().splitlines()
    assert head.startswith("solver,alpha,n,problem,kind,solved,errors") and head.endswith(
        "_0.1,local_entropy_0.2,status"
    )
    assert len(lines) == 8 and lines[0].startswith("a,0.5,21,0,Easy(10),1.0,0.0,10.0")


def test_netcdf_gives_the_same_back(table, tmp_path):
    for name in ("xarray", "h5netcdf", "h5py"):
        pytest.importorskip(name, reason=f"{name} is not installed (extra [data])")
    table.to_netcdf(tmp_path / "table.nc")
    again = read_netcdf(tmp_path / "table.nc")
    assert again == table and again != replace(table, root=1) and str(again) == str(table)
    dataset = table.to_xarray()
    assert dataset["cpu_seconds"].dims == ("solver", "problem") and dataset["cpu_seconds"].attrs["units"] == "s"
    assert dataset["solver"].values.tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="it is no SolverComparison"):
        SolverComparison.from_xarray(dataset.drop_vars("errors"))


def test_a_status_that_is_none_is_refused(table):
    with pytest.raises(ValueError, match="status must hold members of SolverStatus"):
        replace(table, status=np.full((2, 4), "done"))
