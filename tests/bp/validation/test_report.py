"""A crosscheck as a result like the others: how it ended, how it is shown, its labelled data and files."""

import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

import bp
import replica_theory as rt
from bp.validation.comparisons.solutions import SOLVERS
from bp.validation.report import Crosscheck
from bp.validation.table import Row
from replica_theory.results.labelled import Labelled
from replica_theory.status import Status

COMPARISONS = ["entropy", "state-evolution", "solutions"]
GOOD = Row("entropy", 0.5, 101.0, "a < b", "belief propagation", "equal", theory=0.3, simulation=0.31,
           standard_error=0.004, z=2.5, samples=4, dof=3.0)  # fmt: skip
NO_THEORY = replace(GOOD, theory=np.nan, z=np.nan)
NO_SIMULATION = replace(GOOD, simulation=np.nan, standard_error=np.nan, z=np.nan, samples=0)
NO_ERROR = replace(GOOD, standard_error=np.nan, z=np.nan, samples=1, dof=0.0)


@pytest.fixture(scope="module")
def check():
    return bp.crosscheck(
        rt.TeacherStudent(), [0.4, 0.8], [31, 61], 2, rng=2**70 + 1, distance=[0.2, 0.3], comparisons=COMPARISONS
    )


def made(*rows, **changes):
    """A crosscheck of given rows and a few numbers of every kind."""
    kinds = {
        "number": [np.asarray(x) for x in (1.0, -0.0, np.nan, np.inf)],
        "flags": [np.array([True, False])] * 4,
        "weights": [np.array([[1, -1], [-1, 1]], dtype=np.int8)] * 4,
    }
    points = [{name: values[k] for name, values in kinds.items()} for k in range(4)]
    values = {"model": rt.UShapePerceptron(0.5), "n": (101,), "samples": 2, "seed": 3, "method": "gaussian"}
    values |= {"comparisons": ("own-1.5", "none"), "rows": rows, "points": {"own-1.5": {101: points}, "none": {}}}
    return Crosscheck(**values | changes)


@pytest.mark.parametrize(
    ("rows", "status", "message"),
    [
        ((GOOD, GOOD), Status.CONVERGED, "2 of 2 rows have theory, simulation and standard error."),
        ((GOOD, NO_THEORY), Status.OUT_OF_RANGE, "1 of 2 rows have .*; in 1 theory has no value."),
        ((NO_ERROR, NO_SIMULATION), Status.MAX_ITERATIONS, "0 of 2 rows .*; in 2 the measurement converged on too few"),
        ((NO_THEORY, NO_ERROR, GOOD), Status.MAX_ITERATIONS, "1 of 3 .*; in 1 theory has .*; in 1 the measurement"),
        ((), Status.CONVERGED, "0 of 0 rows"),
    ],
)
def test_the_status_says_what_is_missing(rows, status, message):
    found = made(*rows)
    assert isinstance(found, Labelled) and found.status is status and found.converged is (status == "converged")
    assert re.match(message, found.message)
    assert repr(found).endswith(f"{len(rows)} rows, {status})")


def test_the_error_is_the_largest_of_the_rows_that_should_agree():
    near = replace(GOOD, expected="near", standard_error=1.0)
    assert made(GOOD, replace(GOOD, standard_error=0.01), near, NO_ERROR).error == 0.01
    assert np.isnan(made(near).error) and np.isnan(made().error)


def test_the_verdict_is_that_of_the_rows(check):
    assert made(GOOD, NO_THEORY).verdict.p_value == GOOD.p_value and made(NO_THEORY).verdict.worst is None
    assert 0 < check.verdict.p_value <= 1 and check.verdict.rows > 10


def test_a_row_is_equal_to_its_like():
    assert NO_THEORY == replace(NO_THEORY, theory=float("nan")) and GOOD != NO_THEORY and GOOD != 3
    assert hash(NO_THEORY) == hash(replace(NO_THEORY, theory=float("nan"))) and len({GOOD, replace(GOOD)}) == 1
    assert [row.status for row in (GOOD, NO_THEORY, NO_SIMULATION, NO_ERROR)] == [
        "converged", "out-of-range", "max-iterations", "max-iterations"
    ]  # fmt: skip


def test_it_is_shown_in_a_line_and_as_a_table(check):
    assert repr(check) == (
        "Crosscheck(TeacherStudent(kappa=0.0, beta=inf), alpha = 0.387097 to 0.806452, N = 31, 61, "
        f"{len(check.rows)} rows, converged)"
    )
    html = check._repr_html_()
    assert html.count("<tr>") == 1 + len(check.rows) and f"<td>{check.rows[0].theory:.6f}</td>" in html
    assert check.message in html
    assert "a &lt; b ↔ belief" in made(GOOD)._repr_html_() and "<td>a <" not in made(GOOD)._repr_html_()
    assert str(made(GOOD)).splitlines()[1] == (
        "entropy                 0.5   101                   0.300000    0.310000  0.004000    2.50     4"
        "  equal     a < b ↔ belief propagation"
    )


def test_it_is_equal_by_value(check):
    again = replace(check, points={name: dict(sizes) for name, sizes in check.points.items()}, rows=check.rows[:])
    assert again == check and check != replace(check, rows=check.rows[1:]) and check != replace(check, samples=3)
    entropy = check.points["entropy"]
    first = entropy[61][0] | {"entropy": entropy[61][0]["entropy"] + 1e-9}
    assert check != replace(check, points=check.points | {"entropy": entropy | {61: [first, *entropy[61][1:]]}})


def assert_same(a, b):
    assert a == b and type(a) is type(b) and type(a.seed) is int
    assert (str(a.rows), str(a), a.to_csv(), repr(a)) == (str(b.rows), str(b), b.to_csv(), repr(b))
    assert {name: list(sizes) for name, sizes in a.points.items()} == {n: list(sizes) for n, sizes in b.points.items()}
    for name, sizes in a.points.items():
        for n, points in sizes.items():
            for mine, yours in zip(points, b.points[name][n], strict=True):
                assert list(mine) == list(yours)
                for x, y in zip(mine.values(), yours.values(), strict=True):
                    assert (type(x), x.dtype, x.shape, x.tobytes()) == (type(y), y.dtype, y.shape, y.tobytes())


@pytest.fixture
def files():
    for package in ("xarray", "h5netcdf", "h5py"):
        pytest.importorskip(package, reason=f"{package} is not installed (extra [data])")


def test_reading_back_gives_the_same(files, check, tmp_path):
    for result in (check, made(GOOD, NO_THEORY, NO_ERROR), made(GOOD, method="exact", seed=2**63), made()):
        result.to_netcdf(tmp_path / "check.nc")
        again = rt.read_netcdf(tmp_path / "check.nc")
        assert_same(again, result)
    check.to_netcdf(tmp_path / "check.nc")
    csv, npz, _ = rt.read_netcdf(tmp_path / "check.nc").save(tmp_path)
    assert csv.read_text() == check.to_csv()
    with np.load(npz) as data, np.load(check.save(tmp_path / "first")[1]) as first:
        assert list(data) == list(first) and all(data[name].tobytes() == first[name].tobytes() for name in data)


def test_the_dataset_has_the_names_of_the_table_and_of_the_npz(files, check):
    data = check.to_xarray()
    assert data.theory.values.tolist() == [row.theory for row in check.rows]
    assert data.theory.dims == ("row",) and data["quantity"].values.tolist() == [row.quantity for row in check.rows]
    weights = data["solutions.weights.61"]
    assert weights.dims[:2] == ("load", "sample") and weights.shape == (2, 2, len(SOLVERS), 61)
    np.testing.assert_array_equal(weights[1, 0], check.points["solutions"][61][2]["weights"])
    assert data["entropy.entropy.31"].attrs["long_name"] == "entropy at N = 31, comparison entropy"
    assert data.attrs["class"] == "Crosscheck" and data.z.attrs["long_name"].endswith("in standard errors")


def test_what_no_file_keeps_is_refused(files, check, tmp_path):
    path = tmp_path / "check.nc"
    slash = replace(check, comparisons=("a/b",), points={"a/b": check.points["entropy"]})
    with pytest.raises(ValueError, match="must hold no slash; got 'a/b', 'entropy'"):
        slash.to_netcdf(path)
    code = replace(check, model=rt.CustomModel(lambda mean, std: ndtr(mean / std)))
    with pytest.raises(ValueError, match="cannot write what cannot be read back"):
        code.to_netcdf(path)
    assert not path.exists()
    with pytest.raises(ValueError, match="it is no Crosscheck"):
        Crosscheck.from_xarray(check.to_xarray().drop_vars("theory"))
    with pytest.raises(ValueError, match="it is no Crosscheck"):
        Crosscheck.from_xarray(check.to_xarray().drop_vars("entropy.overlap.61"))


ROWS = (
    Row("entropy", 0.5, 101, "replica symmetric", "belief propagation", "equal", theory=0.31, simulation=0.3,
        standard_error=0.01, z=-1.0, samples=2, dof=1),
    Row("overlap", 0.5, np.inf, "robust ensemble", "focusing BP", "near", gamma=0.3, y=3.0, theory=0.5, simulation=0.4,
        assumption="replicas are independent", samples=4, dof=2),
)  # fmt: skip


def small():
    points = {"entropy": {101: [{"x": np.array([k, 2.0 * k])} for k in range(4)]}}
    return Crosscheck(rt.BinaryPerceptron(0.1), (101,), 2, 7, "amp", ("entropy",), ROWS, points)


def test_a_line_for_each_row():
    head, first, second = str(small()).splitlines()
    assert head.split()[:4] == ["quantity", "alpha", "N", "where"]
    assert first.split()[:7] == ["entropy", "0.5", "101", "0.310000", "0.300000", "0.010000", "-1.00"]
    assert "∞" in second and "γ=0.3 y=3" in second
    assert "fails: replicas are independent (-0.1000)" in second


def test_csv_has_all_digits():
    lines = list(csv.DictReader(io.StringIO(small().to_csv())))
    assert [float(line["discrepancy"]) for line in lines] == [row.discrepancy for row in ROWS]
    assert lines[1]["assumption"] == "replicas are independent" and float(lines[0]["n"]) == 101


def test_saved_points_have_the_shape_of_loads_and_samples(tmp_path):
    _, npz, _ = small().save(tmp_path)
    with np.load(npz, allow_pickle=False) as data:
        assert data["entropy/x/101"].shape == (2, 2, 2)
        assert data["entropy/x/101"][1, 0].tolist() == [2.0, 4.0]
        assert data["table/theory"].tolist() == [0.31, 0.5]
        assert (str(data["model"]), float(data["kappa"]), str(data["seed"])) == ("BinaryPerceptron", 0.1, "7")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        small().save(tmp_path / "file" / "below")
