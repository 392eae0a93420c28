"""Results on a grid of points: what is refused, and the points as lines of text."""

import csv
import io

import numpy as np
import pytest

import replica_theory as rt


def curve(**changes):
    values = {"distance": np.array([0.1, 0.2, 0.3]), "entropy": np.array([0.1, np.nan, -0.2]), "slope": np.zeros(3)}
    status = np.array([rt.Status.CONVERGED, rt.Status.SADDLE_LOST, rt.Status.NEGATIVE_ENTROPY], dtype=object)
    return rt.EntropyCurve(**values | {"status": status, "overlaps": {"q": np.arange(3.0)}} | changes)


def test_overlaps_may_not_hide_other_arrays():
    with pytest.raises(ValueError, match="overlaps must not have the names of other arrays of the result; got slope"):
        curve(overlaps={"slope": np.zeros(3)}).to_csv()


def test_every_point_is_a_line_coordinates_first():
    lines = list(csv.DictReader(io.StringIO(curve().to_csv())))
    assert next(iter(lines[0])) == "distance" and len(lines) == 3
    assert [float(line["entropy"]) for line in lines] == pytest.approx([0.1, np.nan, -0.2], nan_ok=True)
    assert [line["status"] for line in lines] == ["converged", "saddle-lost", "negative-entropy"]
    assert [float(line["q"]) for line in lines] == [0.0, 1.0, 2.0]


def test_parameters_of_the_model_are_columns():
    points = rt.replica_symmetric(rt.BinaryPerceptron([0.0, 0.1]), 0.5)
    lines = list(csv.DictReader(io.StringIO(points.to_csv())))
    assert [(float(line["kappa"]), float(line["alpha"])) for line in lines] == [(0.0, 0.5), (0.1, 0.5)]
