"""The picture of a crosscheck: a panel for each kind of row that was measured."""

import numpy as np
import pytest

from bp.validation.picture import picture
from bp.validation.table import Row
from replica_theory import BinaryPerceptron, replica_symmetric

MODEL = BinaryPerceptron()
NUMBERS = {"standard_error": 0.01, "samples": 4, "dof": 3}


def entropy(alpha, n, simulation):
    theory = float(replica_symmetric(MODEL, alpha).entropy)
    return Row("entropy", alpha, n, "replica symmetric", "belief propagation", "equal", theory=theory,
               simulation=simulation, z=(simulation - theory) / 0.01, **NUMBERS)  # fmt: skip


def local(distance, simulation):
    return Row("local entropy", 0.5, 101, "bound y=∞", "around focusing-bp", "below", distance=distance,
               theory=0.2, simulation=simulation, z=-1.0, **NUMBERS)  # fmt: skip


def test_points_of_the_largest_size_stand_on_the_curve_of_theory():
    figure = picture(MODEL, [entropy(0.4, 51, 0.1), entropy(0.4, 101, 0.38), entropy(0.6, 101, 0.21)])
    left, right = figure.axes
    curve, points = left.lines[0], left.containers[0].lines[0]
    np.testing.assert_array_equal(points.get_xydata(), [[0.4, 0.38], [0.6, 0.21]])
    at = np.interp([0.4, 0.6], curve.get_xdata(), curve.get_ydata())
    # linear interpolation on a grid of spacing 0.006
    np.testing.assert_allclose(at, [float(replica_symmetric(MODEL, alpha).entropy) for alpha in (0.4, 0.6)], atol=1e-4)
    assert "N = 51, 101" in figure.get_suptitle()
    assert right.get_xlabel().startswith("$z$")
    z = np.concatenate([line.get_xdata() for line in right.lines])
    assert z.tolist() == pytest.approx([row.z for row in (entropy(0.4, 51, 0.1), entropy(0.4, 101, 0.38),
                                                          entropy(0.6, 101, 0.21))])  # fmt: skip


def test_what_was_not_measured_has_no_panel():
    (ax,) = picture(MODEL, [local(0.1, 0.15), local(0.3, 0.3)]).axes
    assert ax.get_xlabel() == "distance $d$"
    assert [text.get_text() for text in ax.get_legend().get_texts()][:1] == [r"$\alpha = 0.5$"]
    assert picture(MODEL, []).axes[0].lines[:] == []


def test_every_marker_is_in_sight():
    (ax,) = picture(MODEL, [local(0.02, -0.08), local(0.5, 0.3)]).axes
    (low, high), (left, right) = ax.get_ylim(), ax.get_xlim()
    assert low < -0.08 and high > 0.3 and left < 0.02 and right > 0.5
