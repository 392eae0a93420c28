from dataclasses import replace
from itertools import pairwise

import matplotlib
import numpy as np
import pytest

from replica_theory import BinaryPerceptron, TeacherStudent, capacity, replica_symmetric
from replica_theory.plots import STROKES, _instability, entropy_curves, phase_diagram
from replica_theory.results.curve import EntropyCurve
from replica_theory.status import Status, silenced
from replica_theory.thresholds.dense_region import DenseThreshold

KAPPA = np.array([-0.5, 0.0, 0.5])


@pytest.fixture(autouse=True)
def figures():
    matplotlib.use("Agg")
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    yield pyplot
    pyplot.close("all")
    assert dict(matplotlib.rcParams) == before


@pytest.fixture(scope="module")
def limit():
    return capacity(BinaryPerceptron(kappa=KAPPA))


@pytest.fixture(scope="module")
def grid(limit):
    return replica_symmetric(BinaryPerceptron(kappa=KAPPA), np.linspace(0.1, 1.3, 121)[:, None] * limit.alpha)


def made(distance, entropy, label="", **overlaps):
    entropy = np.asarray(entropy, dtype=float)
    status = np.where(np.isfinite(entropy), Status.CONVERGED, Status.SADDLE_LOST)
    return EntropyCurve(np.asarray(distance), entropy, np.full(entropy.shape, 2.0), status, overlaps=overlaps,
                        label=label)  # fmt: skip


def threshold(alpha, kappa=KAPPA, criterion="slope", y=np.inf):
    return DenseThreshold(np.asarray(alpha), 0.01, criterion, "free", y, np.asarray(kappa), 0.0)


def drawn(line):
    return [np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist()]


def names(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_lines_are_the_curves_in_order_of_distance():
    ax = entropy_curves([made([0.3, 0.1, 0.2], [0.6, 0.4, 0.5], "one"), made([0.1, 0.2], [0.1, 0.2], "two")])
    assert [drawn(line) for line in ax.lines] == [[[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], [[0.1, 0.2], [0.1, 0.2]]]
    assert names(ax) == ["one", "two"]
    assert ax.get_xlabel() == "distance $d$" and ax.get_ylabel() == "entropy (nats per weight)"
    assert not ax.spines["top"].get_visible() and not ax.spines["right"].get_visible()


def test_gaps_and_the_ends_of_branches():
    fold = [np.nan, np.nan, np.nan, 0.36, np.nan]
    ax = entropy_curves(made([0.1, 0.2, 0.3, 0.4, 0.5], [np.nan, 0.5, 0.6, np.nan, np.nan], "one", fold=np.array(fold)))
    line, end, turn = ax.lines
    np.testing.assert_array_equal(line.get_ydata(), [np.nan, 0.5, 0.6, np.nan, np.nan])
    assert drawn(end) == [[0.2], [0.5]]
    np.testing.assert_allclose(drawn(turn), [[0.36], [0.72]])  # slope 2 from (0.3, 0.6)
    assert names(ax) == ["one", "end of the branch", "fold of the branch"]


def test_both_sides_of_a_hole_are_marked_and_explained_once():
    holed = made([0.1, 0.2, 0.3], [0.5, np.nan, 0.6])
    ax = entropy_curves([holed, holed], labels=["a", "b"])
    assert [sorted(drawn(line)[0]) for line in ax.lines[2:]] == [[0.1, 0.3]] * 2
    assert names(ax) == ["a", "b", "end of the branch"]


def test_scalar_and_two_dimensional_curves():
    ax = entropy_curves(made(0.1, 0.4))
    assert drawn(ax.lines[0]) == [[0.1], [0.4]] and ax.lines[0].get_marker() == "o"
    rows = made([[0.1, 0.2], [0.1, 0.2]], [[0.4, 0.5], [0.3, 0.4]])
    ax = entropy_curves(rows, labels=["low", "high"], color="red")
    assert [drawn(line)[1] for line in ax.lines] == [[0.4, 0.5], [0.3, 0.4]]
    assert {line.get_color() for line in ax.lines} == {"red"}


def test_strokes_differ_in_every_respect():
    for column in zip(*STROKES, strict=True):
        assert len(set(column)) == len(STROKES)


def test_own_axes(figures, limit):
    ax = figures.subplots()[1]
    assert entropy_curves(made([0.1], [0.1]), ax) is ax and phase_diagram(limit, ax=ax) is ax


def test_refused_curves():
    with pytest.raises(TypeError, match="curves must be an EntropyCurve or several; got ndarray"):
        entropy_curves([np.zeros(3)])
    with pytest.raises(ValueError, match="curves must hold at least one curve; got none"):
        entropy_curves([])
    with pytest.raises(ValueError, match="labels must be one for each of the 1 lines; got 2"):
        entropy_curves(made([0.1], [0.1]), labels=["a", "b"])
    with pytest.raises(TypeError, match="ax must be a matplotlib Axes; got str"):
        entropy_curves(made([0.1], [0.1]), "ax")


def test_phase_diagram_draws_every_threshold(limit, grid):
    slope, margin = threshold([1.2, 0.75, 0.4]), threshold(0.7, 0.0, "margin")
    other = threshold([1.3, np.nan, 0.42], y="zero-complexity")
    ax = phase_diagram(limit, slope, margin, other, points=grid)
    lines = {text.get_text(): drawn(line) for text, line in zip(sorted_texts(ax), ax.lines, strict=True)}
    assert lines["capacity"] == [KAPPA.tolist(), limit.alpha.tolist()]
    assert lines[r"dense: slope, $y = \infty$"] == [KAPPA.tolist(), [1.2, 0.75, 0.4]]
    assert lines["dense: margin"] == [[0.0], [0.7]]
    np.testing.assert_array_equal(lines[r"dense: slope, $\Sigma = 0$"][1], [1.3, np.nan, 0.42])
    assert lines["de Almeida-Thouless"][1][1] == pytest.approx(1.015, abs=1e-3)  # Gardner and Derrida 1988
    assert [line.get_linestyle() for line in ax.lines] == ["None"] * 5  # three margins: not joined


@pytest.mark.parametrize("loads", [5, 12])
def test_the_line_of_instability_is_found_on_coarse_grids(limit, loads):
    """Between a stable load and one whose saddle point is lost, or whose stability is far from linear."""
    with silenced():
        coarse = replica_symmetric(BinaryPerceptron(kappa=KAPPA), np.linspace(0.05, 2.6, loads)[:, None])
    at = phase_diagram(limit, points=coarse).lines[1].get_ydata()
    assert at[1] == pytest.approx(1.0146, abs=1e-3) and np.all(at > limit.alpha)
    stable, unstable = (replica_symmetric(BinaryPerceptron(kappa=KAPPA), at * f).stability for f in (0.998, 1.002))
    assert np.all(stable > 0) and np.all(unstable < 0)


def test_no_instability_is_invented(limit):
    below = replica_symmetric(BinaryPerceptron(kappa=KAPPA), np.array([0.1, 0.2, 0.3])[:, None])
    assert np.all(np.isnan(phase_diagram(limit, points=below).lines[1].get_ydata()))
    with silenced():  # the branch of students ends at 1.4926, its stability falls to zero there, not below
        students = replica_symmetric(TeacherStudent(kappa=np.zeros(2)), np.array([0.5, 1.0, 2.0])[:, None])
    assert np.all(np.isnan(_instability(students)[1]))


def test_a_map_of_the_entropy_has_no_holes(limit, figures):
    """Up to the capacity every place has its colour, on a coarse grid and where saddle points are lost beside it."""
    with silenced():
        coarse = replica_symmetric(BinaryPerceptron(kappa=KAPPA), np.linspace(0.1, 2.0, 9)[:, None])
    assert np.isnan(coarse.entropy).any()
    ax = phase_diagram(limit, points=coarse, cmap="cividis")
    ax.set_position([0.2, 0.1, 0.5, 0.8])
    assert ax.collections[0].get_cmap().name == "cividis"
    ax.figure.set_layout_engine("none")
    ax.figure.canvas.draw()
    pixels = np.asarray(ax.figure.canvas.buffer_rgba())[..., :3]
    height = pixels.shape[0]
    inside = [(k, f * a) for k, a in zip(KAPPA[:2] + 0.1, limit.alpha[1:] * 1.0, strict=True) for f in (0.01, 0.3, 0.9)]
    for x, y in ax.transData.transform(inside):
        assert pixels[height - 1 - int(y), int(x)].min() < 250, "white"
    assert len(phase_diagram(limit, points=coarse).collections) == 1  # isolines alone by default


def sorted_texts(ax):
    """The labels in the order of the lines they point to, by colour (isolines are labelled in grey)."""
    texts = {text.get_color(): text for text in ax.texts}
    return [texts[line.get_color()] for line in ax.lines]


def test_isolines_have_the_entropy_they_say(limit, grid):
    ax = phase_diagram(limit, points=grid)
    (contours,) = ax.collections
    index = list(contours.levels).index(0.4)
    middle = [y for x, y in contours.get_paths()[index].vertices if np.isclose(x, -0.5)]  # the label interrupts it at 0
    assert len(middle) == 1
    value = replica_symmetric(BinaryPerceptron(kappa=-0.5), middle[0]).entropy
    assert value == pytest.approx(0.4, abs=1e-4)


def test_relative_loads(limit, grid):
    ax = phase_diagram(limit, threshold(0.9 * limit.alpha[1], 0.0), points=grid, relative=True, ylim=(0.8, 1.3))
    capacities, instabilities, dense = ax.lines
    np.testing.assert_allclose(capacities.get_ydata(), 1.0)
    assert drawn(dense)[1] == pytest.approx([0.9]) and np.all(instabilities.get_ydata() > 1)
    assert ax.get_ylim() == (0.8, 1.3) and "capacity" in ax.get_ylabel()
    with pytest.raises(ValueError, match=r"relative needs the capacity at all margins, 0.7 to 0.7; got it from -0.5"):
        phase_diagram(limit, threshold(0.3, 0.7), relative=True)


def test_labels_keep_apart(limit, figures):
    close = [threshold(limit.alpha * (1 - 0.001 * k), criterion="gap", y=float(k)) for k in range(5)]
    ax = phase_diagram(limit, *close)
    heights = [text.xyann[1] for text in ax.texts]
    assert heights == sorted(heights) and np.diff(heights).min() > 0.074
    ax.figure.canvas.draw()
    boxes = [matplotlib.text.Text.get_window_extent(text) for text in ax.texts]  # without the leader
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))


def test_capacity_at_one_margin(figures):
    ax = phase_diagram(capacity(BinaryPerceptron()))
    np.testing.assert_allclose(drawn(ax.lines[0]), [[0.0], [0.833078599740]])


def test_refused_thresholds(limit, grid):
    with pytest.raises(TypeError, match=r"capacity must be a Capacity, from replica_theory.capacity; got ndarray"):
        phase_diagram(KAPPA)
    with pytest.raises(TypeError, match="thresholds must be of local_entropy_threshold; got float"):
        phase_diagram(limit, 0.77)
    with pytest.raises(TypeError, match="points must be a ReplicaSymmetric, from replica_symmetric; got Capacity"):
        phase_diagram(limit, points=limit)
    with pytest.raises(ValueError, match=r"points must be a grid of loads .* got shape \(3,\)"):
        phase_diagram(limit, points=replace(grid, entropy=grid.entropy[0]))
    with pytest.raises(
        ValueError, match="cmap must be the name of a matplotlib colour map, such as 'viridis'; got 'sky'"
    ):
        phase_diagram(limit, points=grid, cmap="sky")
    with pytest.raises(TypeError, match="cmap must be the name of a colour map or a matplotlib Colormap; got int"):
        phase_diagram(limit, points=grid, cmap=3)
    with pytest.raises(ValueError, match="cmap is for the entropies of points; got none"):
        phase_diagram(limit, cmap="viridis")
