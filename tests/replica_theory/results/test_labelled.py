"""Labelled data: datasets, netCDF files, and the same results read back."""

import csv
import io
import json
import os
import sys
from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.special import ndtr

import replica_theory as rt
from replica_theory.results import labelled
from replica_theory.results.labelled import Labelled, read_netcdf

pytest.importorskip("xarray", reason="xarray is not installed (extra [data])")
pytest.importorskip("h5netcdf", reason="h5netcdf is not installed (extra [data])")
pytest.importorskip("h5py", reason="h5py is not installed (extra [data])")

BANDS = rt.IntervalModel([(-np.inf, -1.0), (0.5, 2.0)], kappa=[0.1, 0.2])
NOISY_NAN = np.frombuffer(np.array([0x7FF80000DEADBEEF, 0xFFF8000000000000, 0x8000000000000000], dtype=np.uint64), "f8")


def same(a, b):
    """Equal class and content, bit for bit."""
    if isinstance(a, Labelled):
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, np.ndarray):
        return (a.dtype, a.shape) == (b.dtype, b.shape) and (
            a.ravel().tolist() == b.ravel().tolist() if a.dtype == object else a.tobytes() == b.tobytes()
        )
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, float):
        return type(b) is float and np.float64(a).tobytes() == np.float64(b).tobytes()
    return type(a) is type(b) and a == b


def curve(**changes):
    status = np.array([rt.Status.CONVERGED, rt.Status.NEGATIVE_ENTROPY, rt.Status.SADDLE_LOST], dtype=object)
    values = {"distance": np.array([0.1, 0.2, 0.3]), "entropy": NOISY_NAN, "slope": np.zeros(3), "status": status}
    return rt.EntropyCurve(**values | {"overlaps": {"q": np.arange(3.0)}, "label": "κ ± 1"} | changes)


def failing():
    with pytest.warns(rt.ConvergenceWarning):
        return rt.replica_symmetric(rt.BinaryPerceptron(), [0.5, 40.0])


SPHERE = rt.SphericalWeights()
RESULTS = {
    "franz-parisi": lambda: rt.franz_parisi(rt.BinaryPerceptron(), np.array([[0.2], [0.3]]), [0.1, 0.2]),
    "a point": lambda: rt.franz_parisi(rt.BinaryPerceptron(), 0.2, 0.1),
    "of a margin": lambda: rt.franz_parisi(rt.BinaryPerceptron(), 0.2, 0.1, reference=rt.BinaryPerceptron([0.1, 0.2])),
    "no distance": lambda: rt.franz_parisi(rt.BinaryPerceptron(), 0.2, []),
    "y = inf": lambda: rt.local_entropy(rt.BinaryPerceptron(), 0.5, [0.05, 0.1]),
    "zero complexity": lambda: rt.local_entropy(
        rt.BinaryPerceptron(), 0.5, [0.05, 0.1], reference="solution", y="zero-complexity"
    ),
    "replicas": lambda: rt.local_entropy(rt.BinaryPerceptron(), 0.4, [0.1, 0.2], y=np.array([[1.0], [2.0]])),
    "1rsb": lambda: rt.local_entropy_1rsb(rt.UShapePerceptron(1.5), 0.25, 0.45, y=0.05, m=0.5),
    "students": lambda: rt.local_entropy(rt.TeacherStudent(), 0.6, [0.1]),
    "by hand": curve,
    "everything": lambda: curve(
        complexity=NOISY_NAN,
        y=NOISY_NAN,
        error=NOISY_NAN,
        alpha=np.full(3, 0.5),
        model=BANDS.at(kappa=[0.1, 0.2, 0.3]),
        settings={"list": [1.5, np.inf, None], "text": '{"', "model": BANDS},
    ),
    "labels like JSON": lambda: curve(label='["a", {'),
    "ternary": lambda: rt.replica_symmetric(
        rt.BinaryPerceptron([0.0, 0.1], weights=rt.DiscreteWeights([-1, 0, 1], [1, 0.5, 1])), 0.5
    ),
    "sphere": lambda: rt.capacity(rt.BinaryPerceptron([0.0, -0.1], weights=SPHERE)),
    "margins": lambda: rt.largest_margin(rt.BinaryPerceptron(weights=SPHERE), [0.5, 1.0]),
    "instability": lambda: rt.stability_limit(rt.BinaryPerceptron(-0.5, weights=SPHERE)),
    "local energy": lambda: rt.local_energy(
        rt.BinaryPerceptron(weights=SPHERE), [[0.5], [1.0]], [0.1, 0.2], rt.BinaryPerceptron(0.2, weights=SPHERE)
    ),
    "localisation": lambda: rt.localization(rt.PowerWeight(power=0.5), 0.3, [0.5, 9.0]),
    "localisation at a time": lambda: rt.localization(rt.BinaryPerceptron(), 0.3, 0.5),
    "loads that can be sampled": lambda: rt.sampling_threshold(rt.PowerWeight([0.0, 0.1], power=0), "decimation"),
    "saddle": lambda: rt.replica_symmetric(rt.SymmetricBinaryPerceptron(1.0), 0.5),
    "saddles": lambda: rt.replica_symmetric(rt.TeacherStudent(beta=[[2.0], [np.inf]]), [0.4, 0.5]),
    "failures": failing,
    "coupled replicas": lambda: rt.robust_ensemble(rt.BinaryPerceptron(), 0.5, [0.1, 0.2], np.array([[1.0], [2.0]])),
    "coupled replicas at a point": lambda: rt.robust_ensemble(rt.BinaryPerceptron(), 0.5, 0.1, 2, beta=3.0),
    "capacity": lambda: rt.capacity(rt.BinaryPerceptron(0.5)),
    "capacities": lambda: rt.capacity(rt.UShapePerceptron([0.5, 0.6])),
    "capacities of bands": lambda: rt.capacity(BANDS),
    "capacities of a table": lambda: rt.capacity(rt.BinaryPerceptron(np.array([[0.0, 0.1], [0.2, 0.3]]))),
    "threshold": lambda: rt.local_entropy_threshold(rt.BinaryPerceptron()),
    "thresholds": lambda: rt.local_entropy_threshold(rt.BinaryPerceptron(np.array([0.0, 0.2]))),
    "threshold at zero complexity": lambda: rt.DenseThreshold(
        0.7757, 0.01, "slope", "solution", "zero-complexity", 0.0, 1e-5, rt.BinaryPerceptron()
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_reading_back_gives_the_same(name, tmp_path):
    result = RESULTS[name]()
    path = tmp_path / "result.nc"
    result.to_netcdf(path)
    again = rt.read_netcdf(path)
    assert same(again, result)
    assert same(type(result).from_xarray(result.to_xarray()), result)
    assert os.listdir(tmp_path) == ["result.nc"]
    again.to_netcdf(path)  # over itself
    assert same(rt.read_netcdf(str(path)), result)


def test_axes_are_named_by_what_varies():
    def dims(result):
        return dict(result.to_xarray().sizes)

    assert dims(RESULTS["franz-parisi"]()) == {"alpha": 2, "distance": 2}
    assert dims(RESULTS["a point"]()) == {}
    assert dims(RESULTS["no distance"]()) == {"distance": 0}
    assert dims(RESULTS["replicas"]()) == {"y": 2, "distance": 2}
    assert dims(RESULTS["students"]()) == {"distance": 1}
    assert dims(RESULTS["saddles"]()) == {"beta": 2, "alpha": 2}
    assert dims(RESULTS["coupled replicas"]()) == {"y": 2, "gamma": 2}
    assert dims(RESULTS["capacities"]()) == {"kappa": 2}
    assert dims(RESULTS["capacities of a table"]()) == {"dim_0": 2, "dim_1": 2}
    assert dims(RESULTS["thresholds"]()) == {"kappa": 2}


def test_coordinates_units_and_description():
    data = RESULTS["franz-parisi"]().to_xarray()
    assert (
        data.sel(alpha=0.3, distance=0.2)["entropy"].item() == rt.franz_parisi(rt.BinaryPerceptron(), 0.3, 0.2).entropy
    )
    assert data["kappa"].item() == 0 and data["beta"].item() == np.inf
    for name in ("entropy", "slope", "free_entropy"):
        assert data[name].attrs["units"] == "nats per weight"
    for name, variable in data.variables.items():
        assert variable.attrs["long_name"] and (name == "status" or variable.attrs["units"]), name
    assert data["status"].values.tolist() == [["converged"] * 2] * 2
    assert data.attrs["version"] == rt.__version__ and data.attrs["description"]
    model = {"model_class": "BinaryPerceptron", "kappa": 0.0, "beta": np.inf}
    assert json.loads(data.attrs["model"]) == model
    assert json.loads(data.attrs["settings"]) == {"function": "franz_parisi", "reference": model}
    point = RESULTS["zero complexity"]().to_xarray()
    assert json.loads(point.attrs["settings"])["y"] == "zero-complexity" and point["y"].dims == ("distance",)


def test_files_are_plain_netcdf(tmp_path):
    import xarray

    RESULTS["capacities"]().to_netcdf(tmp_path / "c.nc")
    with xarray.open_dataset(tmp_path / "c.nc") as data:
        assert data["alpha"].sel(kappa=0.5).item() == rt.capacity(rt.UShapePerceptron(0.5)).alpha


def test_csv_has_all_digits_and_every_point():
    result = RESULTS["franz-parisi"]()
    lines = list(csv.DictReader(io.StringIO(result.to_csv())))
    assert len(lines) == 4 and {line["status"] for line in lines} == {"converged"}
    for name, values in [("distance", result.distance), ("alpha", result.alpha), ("q", result.overlaps["q"])]:
        assert [float(line[name]) for line in lines] == values.ravel().tolist()
    assert list(lines[0])[:5] == ["distance", "alpha", "kappa", "beta", "entropy"]
    assert rt.capacity(rt.BinaryPerceptron()).to_csv().count("\n") == 2
    assert RESULTS["by hand"]().to_csv().splitlines()[1] == "0.1,nan,0.0,0.0,converged"


def damaged(data, how):
    if how == "text":
        return b"distance,entropy\n0.1,0.2\n"
    if how == "cut":
        return data[: len(data) // 2]
    at = data.index(np.array([0.123456789]).tobytes() if how == "number" else b"converged")
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("how", ["empty", "text", "cut", "number", "word"])
def test_damaged_and_foreign_files_are_refused_and_left(tmp_path, how):
    path = tmp_path / "curve.nc"
    curve(slope=np.full(3, 0.123456789)).to_netcdf(path)
    content = b"" if how == "empty" else damaged(path.read_bytes(), how)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"cannot read a result from '.*curve\.nc': it is .*damaged"):
        read_netcdf(path)
    assert path.read_bytes() == content


def test_other_contents_are_refused(tmp_path):
    import xarray

    path = tmp_path / "other.nc"
    xarray.Dataset({"x": ("t", np.zeros(2))}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(ValueError, match="it holds no result of binary-perceptron"):
        read_netcdf(path)
    curve().to_xarray().assign_attrs(format=99).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(ValueError, match=r"its format has the number 99 .* reads format 1"):
        read_netcdf(path)
    curve().to_netcdf(path)
    changed = xarray.load_dataset(path, engine="h5netcdf").drop_vars("slope")
    changed.to_netcdf(path, engine="h5netcdf")
    with pytest.raises(ValueError, match="was changed"):
        read_netcdf(path)
    path.write_bytes(labelled._to_bytes(changed))
    with pytest.raises(ValueError, match=r"it is no EntropyCurve: .*slope"):
        read_netcdf(path)
    path.write_bytes(labelled._to_bytes(curve().to_xarray().assign_attrs({"class": "Ensemblage"})))
    with pytest.raises(ValueError, match=r"holds a result of class 'Ensemblage'; known here: .*Capacity.*EntropyCurve"):
        read_netcdf(path)
    with pytest.raises(FileNotFoundError):
        read_netcdf(tmp_path / "none.nc")


FOREIGN = {
    "the numbers alone": (lambda data: data, "it was not written by to_netcdf"),
    "a package of lists": (lambda data: data.assign_attrs(package=[1, 2]), "it holds no result of binary-perceptron"),
    "a format of lists": (lambda data: data.assign_attrs(format=[1, 2]), "its format has the number None"),
    "no format": (lambda data: data.assign_attrs(format="[" * 10**5), r"its format has the number '\[\[\[.*…"),
    "bytes": (lambda data: data.assign_attrs(checksum="0").assign(x=("b", np.array([b"\xff"]))), "bytes is not JSON"),
    "deep settings": (lambda data: sealed(data.assign_attrs(settings="[" * 10**5)), "an attribute is no JSON"),
    "no status": (lambda data: sealed(data.drop_vars("status")), "it is no EntropyCurve: .*status"),
    "words for numbers": (lambda data: sealed(data.assign(entropy=("distance", list("abc")))), "string to float"),
    "other shapes": (lambda data: sealed(data.assign(entropy=(("u", "v"), np.ones((2, 2))))), "EntropyCurve|shape"),
    "other statuses": (lambda data: sealed(data.assign(status=("distance", list("abc")))), "'a' is not a valid Status"),
}  # fmt: skip


def sealed(data):
    return data.assign_attrs(checksum=labelled._checksum(data))


@pytest.mark.parametrize("kind", FOREIGN)
def test_sound_files_of_something_else_are_refused_with_a_sentence(tmp_path, kind):
    change, sentence = FOREIGN[kind]
    path = tmp_path / "curve.nc"
    change(curve().to_xarray()).to_netcdf(path, engine="h5netcdf")
    content = path.read_bytes()
    with pytest.raises(ValueError, match=rf"cannot read a result from '.*curve\.nc': .*({sentence})"):
        read_netcdf(path)
    assert path.read_bytes() == content


class Mine(rt.BinaryPerceptron):
    """A constraint of the user's own."""


@pytest.mark.parametrize("model", [rt.CustomModel(lambda mean, std: ndtr(mean / std)), Mine()])
def test_models_that_are_code_are_labelled_but_not_written(tmp_path, model):
    result = curve(model=model)
    assert repr(model)[:6] in json.loads(result.to_xarray().attrs["model"])["is"]
    with pytest.raises(
        ValueError, match=f"cannot write what cannot be read back: its model is a {type(model).__name__}"
    ):
        result.to_netcdf(tmp_path / "curve.nc")
    assert os.listdir(tmp_path) == []
    result.to_xarray().to_netcdf(tmp_path / "numbers.nc", engine="h5netcdf")
    assert "q" in result.to_csv()


def test_overlaps_may_not_hide_other_arrays():
    with pytest.raises(ValueError, match="overlaps must not have the names of other arrays of the result; got slope"):
        curve(overlaps={"slope": np.zeros(3)}).to_xarray()


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "curve.nc"
    curve().to_netcdf(path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("replica_theory.results.files.os.fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*curve\.nc'"):
        replace(curve(), label="new").to_netcdf(path)
    assert read_netcdf(path).label == "κ ± 1" and os.listdir(tmp_path) == ["curve.nc"]
    with pytest.raises(FileNotFoundError, match=r"'.*none/curve\.nc'"):
        curve().to_netcdf(tmp_path / "none" / "curve.nc")


@pytest.mark.parametrize("missing", ["xarray", "h5netcdf", "h5py"])
def test_missing_packages_are_named_with_the_extra(tmp_path, monkeypatch, missing):
    curve().to_netcdf(tmp_path / "curve.nc")
    monkeypatch.setitem(sys.modules, missing, None)
    message = rf"needs {missing}: pip install 'binary-perceptron\[data\]'"
    with pytest.raises(ModuleNotFoundError, match=message):
        read_netcdf(tmp_path / "curve.nc")
    with pytest.raises(ModuleNotFoundError, match=message):
        curve().to_netcdf(tmp_path / "new.nc")
    assert curve().to_csv()
