"""The curve type: what counts as converged, the table, the plot."""

import sys

import matplotlib
import numpy as np
import pytest

from replica_theory import BinaryPerceptron, EntropyCurve, Status, franz_parisi


@pytest.fixture
def curve():
    status = np.array([Status.CONVERGED, Status.NEGATIVE_ENTROPY, Status.SADDLE_LOST, Status.MAX_ITERATIONS])
    return EntropyCurve(
        distance=np.array([0.1, 0.2, 0.3, 0.4]),
        entropy=np.array([0.1, -0.1, np.nan, np.nan]),
        slope=np.zeros(4),
        status=status,
        overlaps={"q": np.array([0.5, 0.6, np.nan, np.nan])},
        label="a curve",
    )


def test_converged(curve):
    assert curve.converged.dtype == bool and curve.converged.tolist() == [True, True, False, False]


def test_converged_of_a_point():
    point = franz_parisi(BinaryPerceptron(), 0.5, 0.1)
    assert point.converged.shape == () and bool(point.converged)


def test_xarray(curve):
    pytest.importorskip("xarray")
    data = curve.to_xarray()
    assert data.sizes == {"distance": 4} and data.attrs["description"] == "a curve"
    assert data["entropy"].sel(distance=0.2).item() == -0.1
    assert data["entropy"].attrs["units"] == "nats per weight"
    assert data["status"].values.tolist() == ["converged", "negative-entropy", "saddle-lost", "max-iterations"]
    assert "q" in data and "complexity" not in data


def test_xarray_of_any_shape():
    pytest.importorskip("xarray")
    table = franz_parisi(BinaryPerceptron(), np.array([[0.2], [0.3]]), [0.1, 0.2])
    assert table.to_xarray()["entropy"].shape == (2, 2)
    assert franz_parisi(BinaryPerceptron(), 0.2, 0.1).to_xarray().sizes == {}


def test_xarray_missing(curve, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ModuleNotFoundError, match=r"to_xarray needs xarray: pip install 'binary-perceptron\[data\]'"):
        curve.to_xarray()


def test_plot(curve):
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, ax = pyplot.subplots()
    try:
        assert curve.plot(ax, color="C3") is ax
        (line,) = ax.lines
        np.testing.assert_array_equal(line.get_xdata(), curve.distance)
        np.testing.assert_array_equal(line.get_ydata(), curve.entropy)
        assert line.get_label() == "a curve" and line.get_color() == "C3"
        assert ax.get_xlabel() == "distance $d$" and ax.get_ylabel() == "entropy (nats per weight)"
        assert curve.plot(ax, label="mine").lines[-1].get_label() == "mine"
        own = curve.plot()
        assert own is not ax
        pyplot.close(own.figure)
    finally:
        pyplot.close(figure)


def test_label_names_the_load():
    assert franz_parisi(BinaryPerceptron(), 0.5, [0.1]).label == "Franz-Parisi, alpha = 0.5"
