"""Results on a grid of points: what is refused, and the points as lines of text."""

import csv
import io

import numpy as np
import pytest

import replica_theory as rt
from replica_theory.results.grid import broadcast, by_setting


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


def test_points_are_solved_by_setting_and_come_back_in_their_places():
    points, calls = broadcast(alpha=[[0.6], [0.5]], distance=[0.2, 0.1, 0.2], y=3), []

    def solve(setting, distances):
        calls.append((dict(setting), distances.tolist()))
        return [(setting["alpha"], d) for d in distances]

    rows = by_setting(points, "distance", solve)
    assert rows == [(a, d) for a in (0.6, 0.5) for d in (0.2, 0.1, 0.2)]
    assert calls == [({"alpha": a, "y": 3.0}, [0.2, 0.1, 0.2]) for a in (0.5, 0.6)]
    assert points.shape == (2, 3) and len(points) == 6 and not points.scalar
    assert points.array("y").tolist() == [[3.0] * 3] * 2
    assert next(iter(points)) == {"alpha": 0.6, "distance": 0.2, "y": 3.0}


def test_a_scalar_call_is_one_point_and_an_empty_one_none():
    point = broadcast(alpha=0.5, distance=0.1)
    assert point.scalar and by_setting(point, "distance", lambda setting, d: [float(d[0])]) == [0.1]
    assert point.shaped([0.25]) == 0.25 and type(point.shaped(np.array([0.25]))) is float
    nothing = broadcast(alpha=0.5, distance=[])
    assert by_setting(nothing, "distance", lambda setting, d: [0.0] * len(d)) == [] and not nothing.scalar


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"^alpha, y and m must broadcast; got shapes \(2,\), \(\), \(3,\)$"):
        broadcast(alpha=[1, 2], y=1, m=[1, 2, 3])
