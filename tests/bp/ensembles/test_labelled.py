"""Ensembles and measured curves as labelled data and in netCDF files."""

import json
import os
import sys

import numpy as np
import pytest

import bp
import replica_theory as rt
from bp.ensembles.table import Ensemble

for package in ("xarray", "h5netcdf", "h5py"):
    pytest.importorskip(package, reason=f"{package} is not installed (extra [data])")

SMALL = {"alpha": [0.3, 0.5], "n": [31, 61], "samples": 2, "distance": [0.1, 0.3], "solver_runs": 2}
MEASUREMENTS = ["solved", "entropy", "local_entropy", "solution_overlaps"]


def run(**changes):
    return bp.ensemble(rt.BinaryPerceptron(), measurements=MEASUREMENTS, **SMALL | {"rng": 7} | changes)


@pytest.fixture(scope="module")
def result():
    return run(solver_options={"schedule": "pseudo", "steps": 200})


def made(**changes):
    """An ensemble of given numbers, with every kind of NaN."""
    x = np.array([[[1.0, np.nan], [-np.nan, -0.0], [3.0, np.inf]]])
    values = {"alpha": np.array([0.5]), "n": np.array([10, 20, 40]), "distance": np.array([]), "values": {"x": x}}
    how = {"root": 1, "samples": 2, "solver": "focusing-bp", "method": "amp", "solver_runs": 4, "solver_options": {}}
    return Ensemble(**{"model": rt.TeacherStudent(0.1, beta=2.0)} | values | how | changes)


def assert_same(a, b):
    assert type(a) is type(b)
    assert list(a.values) == list(b.values)
    for name in a.values:
        assert a.values[name].tobytes() == b.values[name].tobytes() and a.values[name].shape == b.values[name].shape
    for name in ("alpha", "n", "distance"):
        x, y = getattr(a, name), getattr(b, name)
        assert (x.dtype, x.shape, x.tobytes()) == (y.dtype, y.shape, y.tobytes())
    for name in ("model", "root", "samples", "solver", "method", "solver_runs", "solver_options"):
        x, y = getattr(a, name), getattr(b, name)
        assert type(x) is type(y) and x == y, name


def test_reading_back_gives_the_same(result, tmp_path):
    result.to_netcdf(tmp_path / "ensemble.nc")
    again = bp.read_ensemble(tmp_path / "ensemble.nc")
    assert_same(again, result)
    assert_same(rt.read_netcdf(tmp_path / "ensemble.nc"), result)
    assert again.to_csv() == result.to_csv()
    fit, before = again.extrapolate("entropy"), result.extrapolate("entropy")
    assert str(fit) == str(before) and fit.covariance.tobytes() == before.covariance.tobytes()
    for name, value in again.rerun(1, 1, 0).items():
        np.testing.assert_array_equal(value, result.values[name][1, 1, 0])
    assert os.listdir(tmp_path) == ["ensemble.nc"]


@pytest.mark.parametrize(
    "changes",
    [{}, {"root": 2**63 - 1}, {"root": 2**100}, {"model": rt.SymmetricBinaryPerceptron(0.5)},
     {"solver_options": {"steps": 3, "schedule": [[1.5, 2], None, True], "word": "ρ"}}],
)  # fmt: skip
def test_reading_back_ensembles_of_every_kind(changes, tmp_path):
    made(**changes).to_netcdf(tmp_path / "ensemble.nc")
    assert_same(bp.read_ensemble(tmp_path / "ensemble.nc"), made(**changes))


def test_labels(result):
    data = result.to_xarray()
    assert dict(data.sizes) == {"alpha": 2, "n": 2, "sample": 2, "distance": 2}
    assert data["entropy"].sel(alpha=0.5, n=61, sample=1).item() == result.values["entropy"][1, 1, 1]
    assert data["local_entropy"].dims == ("alpha", "n", "sample", "distance")
    assert data["load"].dims == ("alpha", "n") and data["load"].values.tolist() == result.load.tolist()
    assert data["entropy"].attrs["units"] == data["local_entropy"].attrs["units"] == "nats per weight"
    assert data.attrs["seed"] == 7 and data.attrs["version"] == rt.__version__ and data.attrs["description"]
    assert json.loads(data.attrs["model"])["kappa"] == 0.0
    assert json.loads(data.attrs["solver_options"]) == {"schedule": "pseudo", "steps": 200}
    assert (data.attrs["solver"], data.attrs["method"], data.attrs["solver_runs"]) == ("focusing-bp", "gaussian", 2)
    mean = data["entropy"].mean("sample")
    np.testing.assert_allclose(mean, result.mean("entropy").mean, rtol=1e-14)


def test_files_of_something_else_are_refused(result, tmp_path):
    path = tmp_path / "file.nc"
    rt.capacity(rt.BinaryPerceptron()).to_netcdf(path)
    with pytest.raises(ValueError, match="holds no Ensemble but a result of theory, Capacity"):
        bp.read_ensemble(path)
    result.to_netcdf(path)
    content = path.read_bytes()
    at = content.index(result.values["entropy"].tobytes())
    content = content[: at + 6] + bytes([content[at + 6] ^ 1]) + content[at + 7 :]
    path.write_bytes(content)
    with pytest.raises(ValueError, match="it is damaged or was changed"):
        bp.read_ensemble(path)
    assert path.read_bytes() == content
    with pytest.raises(ValueError, match=r"it is no Ensemble: .*solver"):
        Ensemble.from_xarray(result.to_xarray().drop_attrs().assign_attrs(measurements="[]", model="", seed=1))


def test_missing_packages_are_named_with_the_extra(result, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ModuleNotFoundError, match=r"needs xarray: pip install 'binary-perceptron\[data\]'"):
        result.to_xarray()


def test_measured_curves(tmp_path):
    instance = bp.random_instance(rt.SymmetricBinaryPerceptron(1.0), n=31, alpha=0.3, rng=1)
    curve = bp.local_entropy(instance, np.ones(31), [0.3, 0.5])
    assert curve.model == rt.SymmetricBinaryPerceptron(1.0) and curve.alpha.tolist() == [9 / 31] * 2
    curve.to_netcdf(tmp_path / "curve.nc")
    again = rt.read_netcdf(tmp_path / "curve.nc")
    assert again.entropy.tobytes() == curve.entropy.tobytes() and again.settings == curve.settings
    assert again.settings["n"] == 31 and again.settings["method"] == "gaussian"
    assert curve.to_xarray().sizes == {"distance": 2}
