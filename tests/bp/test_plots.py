from dataclasses import replace

import matplotlib
import numpy as np
import pytest

import bp
from bp.plots import (
    entropy_points,
    focusing_trace,
    save_comparison,
    solver_entropies,
    solver_success,
    success_probability,
)
from replica_theory import BinaryPerceptron, franz_parisi

MODEL = BinaryPerceptron()
DISTANCE = np.array([0.1, 0.2])


@pytest.fixture(autouse=True)
def figures():
    matplotlib.use("Agg")
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    yield pyplot
    pyplot.close("all")
    assert dict(matplotlib.rcParams) == before


@pytest.fixture(scope="module")
def table():
    """Two loads, two sizes, four instances, made-up numbers."""
    real = bp.ensemble(MODEL, [0.5, 0.3], [21, 41], 4, ["solved"], rng=1, method="amp")
    solved = np.array([[[0, 0, 0, 0], [0, 0, 0, 1]], [[1, 1, 1, 1], [1, 1, 0, 1]]])
    entropies = np.random.default_rng(1).uniform(0.1, 0.3, (2, 2, 4, 2))
    return replace(real, distance=DISTANCE, values={"solved": solved.astype(float), "local_entropy": entropies})


@pytest.fixture(scope="module")
def found():
    return bp.solve(bp.random_instance(MODEL, n=101, alpha=0.5, rng=1), entropies=True, rng=1)


def test_points_have_the_means_the_errors_and_every_instance(table):
    theory = franz_parisi(MODEL, 0.3, [0.1, 0.2, 0.3])
    ax = entropy_points(table, theory=theory)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), theory.entropy)
    values = table.values["local_entropy"]
    assert [bars.get_label() for bars in ax.containers] == [
        r"$\alpha = 0.5$, N = 21", r"$\alpha = 0.5$, N = 41", r"$\alpha = 0.3$, N = 21", r"$\alpha = 0.3$, N = 41",
    ]  # fmt: skip
    for bars, sample in zip(ax.containers, values.reshape(4, 4, 2), strict=True):
        points, _, (lines,) = bars.lines
        mean, error = sample.mean(axis=0), sample.std(axis=0, ddof=1) / 2
        np.testing.assert_array_equal(points.get_xdata(), DISTANCE)
        np.testing.assert_allclose(points.get_ydata(), mean)
        ends = np.array([segment[:, 1] for segment in lines.get_segments()])
        np.testing.assert_allclose(ends, np.stack([mean - error, mean + error], axis=1))
    clouds = [line for line in ax.lines if line.get_marker() == "."]
    np.testing.assert_array_equal([c.get_ydata() for c in clouds], values.reshape(4, 8))
    np.testing.assert_array_equal(clouds[0].get_xdata(), [0.1, 0.2] * 4)
    assert ax.get_ylabel() == "entropy (nats per weight)"
    assert not [line for line in entropy_points(table, instances=False).lines if line.get_marker() == "."]


def test_bands_are_wilsons_intervals(table):
    ax = success_probability(table, width=2.0, thresholds={"capacity": 0.8331})
    small, large, mark = ax.lines
    np.testing.assert_allclose(small.get_xdata(), [6 / 21, 10 / 21])  # the loads that they have, in order
    assert small.get_ydata().tolist() == [1.0, 0.0] and large.get_ydata().tolist() == [0.75, 0.25]
    assert list(mark.get_xdata()) == [0.8331, 0.8331] and ax.texts[0].get_text() == "capacity"
    z, count = 2.0, 4
    for band, fractions in zip(ax.collections, ([1.0, 0.0], [0.75, 0.25]), strict=True):
        p = np.array(fractions)
        # Wilson's ends are the roots of (p - x)^2 = z^2 x (1 - x) / n
        ends = np.array([np.roots([1 + z**2 / count, -2 * f - z**2 / count, f**2]) for f in p])
        drawn = band.get_paths()[0].vertices
        for x, pair in zip(small.get_xdata() if p[0] == 1 else large.get_xdata(), ends, strict=True):
            edges = drawn[np.isclose(drawn[:, 0], x), 1]
            np.testing.assert_allclose([edges.min(), edges.max()], sorted(pair.real), atol=1e-12)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["N = 21", "N = 41"]


def test_trace_is_drawn_step_by_step(found):
    ax = focusing_trace(found)
    (twin,) = [other for other in ax.figure.axes if other is not ax]
    (errors,) = ax.lines
    steps = np.arange(1, len(found.trace) + 1)
    np.testing.assert_array_equal(errors.get_ydata(), found.trace["errors"])
    expected = [found.trace["q"], found.trace["internal_entropy"], np.tanh(found.trace["gamma"]) ** 2]
    for line, values in zip(twin.lines, expected, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), steps)
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert len(ax.get_legend().get_texts()) == 4


def test_passes_are_told_apart_and_what_was_not_measured_is_left_out(found):
    trace = found.trace.copy()
    trace["restart"][5:] = 1
    trace["internal_entropy"] = np.nan
    ax = focusing_trace(replace(found, trace=trace))
    assert list(ax.lines[1].get_xdata()) == [5.5, 5.5]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "violated patterns (left)", "overlap $q$", r"coupling $\rho = \tanh^2\gamma$",
    ]  # fmt: skip


def test_internal_entropies_above_one_are_in_sight(found):
    trace = found.trace.copy()
    trace["internal_entropy"][:2] = 1.3, -0.1  # log 2 (1 + 1/y) at most; negative beyond capacity
    low, high = focusing_trace(replace(found, trace=trace)).figure.axes[1].get_ylim()
    assert low < -0.1 and high > 1.3


def test_infinite_coupling_is_the_top():
    reinforced = bp.solve(bp.random_instance(MODEL, n=101, alpha=0.3, rng=1), "reinforced-bp", rng=1)
    twin = focusing_trace(reinforced).figure.axes[1]
    assert np.all(twin.lines[1].get_ydata() == 1.0)


def test_own_axes(table, found, figures):
    ax = figures.subplots()[1]
    assert entropy_points(table, ax) is ax and success_probability(table, ax) is ax and focusing_trace(found, ax) is ax


def test_refused(table, found):
    with pytest.raises(TypeError, match=r"ensemble must be an Ensemble, from bp.ensemble; got Solution"):
        success_probability(found)
    with pytest.raises(ValueError, match=r"ensemble must hold the measurement 'local_entropy'; it has 'solved'"):
        entropy_points(replace(table, values={"solved": table.values["solved"]}))
    nothing = replace(table, values={"local_entropy": np.full((2, 2, 4, 2), np.nan)})
    with pytest.raises(ValueError, match="must hold a finite 'local_entropy'; all 32 values are NaN"):
        entropy_points(nothing)
    with pytest.raises(ValueError, match="width must be positive and finite; got 0"):
        success_probability(table, width=0)
    with pytest.raises(TypeError, match=r"solution must be a Solution, from bp.solve; got Ensemble"):
        focusing_trace(table)
    with pytest.raises(ValueError, match="trace of at least one step; got none"):
        focusing_trace(replace(found, trace=found.trace[:0]))
    with pytest.raises(ValueError, match="must have the trace of focusing BP; it lacks gamma, internal_entropy, q"):
        focusing_trace(replace(found, trace=found.trace[["errors", "restart"]]))


@pytest.fixture(scope="module")
def compared():
    """Two solvers, two loads, a third solver that applies to nothing; made-up numbers."""
    solvers = ["sbpi", "max-sum", "simulated-annealing"]
    real = bp.compare(solvers, bp.RandomProblems(MODEL, [0.5, 0.3], 21, 4), 1)
    values = {name: np.ones((3, 8)) for name in real.values}
    values["solved"] = np.array([[1, 1, 0, 1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 0, 1], [np.nan] * 8])
    values["local_entropy"] = np.random.default_rng(1).uniform(0.1, 0.3, (3, 8, 2))
    values["local_entropy"][values["solved"] != 1] = np.nan
    return replace(real, values=values, distance=DISTANCE)


def test_success_of_solvers_has_wilsons_intervals(compared):
    ax = solver_success(compared, width=2.0, thresholds={"capacity": 0.8331})
    assert [bars.get_label() for bars in ax.containers] == ["sbpi", "max-sum"]  # the third applies to nothing
    estimate = compared.mean("solved", width=2.0)
    for s, (line, _, (bars,)) in enumerate(one.lines for one in ax.containers):
        assert line.get_ydata().tolist() == estimate.mean[s, ::-1].tolist()  # loads in order
        np.testing.assert_allclose(line.get_xdata(), [6 / 21, 10 / 21], atol=0.2 / 80)  # moved by 1/80 of the range
        ends = np.array([segment[:, 1] for segment in bars.get_segments()])
        np.testing.assert_allclose(ends, np.stack([estimate.low[s], estimate.high[s]], axis=1)[::-1], atol=1e-15)
    assert ax.texts[0].get_text() == "capacity"
    with pytest.raises(TypeError, match="comparison must be a SolverComparison"):
        solver_success(3)


def test_points_that_others_published_stand_beside_ours(compared):
    points = {"max-sum": [[0.3, 0.5], [0.9, 0.4], [0.0, 0.1]], "other": np.array([[0.4], [0.5], [0.05]])}
    ax = solver_success(compared, published=points)
    bars = {one.get_label(): one for one in ax.containers}
    assert list(bars) == ["sbpi", "max-sum", "max-sum, published", "other, published"]
    for label, (loads, fractions, errors) in points.items():
        line, _, (ends,) = bars[f"{label}, published"].lines
        assert line.get_xdata().tolist() == list(loads) and line.get_ydata().tolist() == list(fractions)
        heights = [np.ptp(segment[:, 1]) for segment in ends.get_segments()]
        np.testing.assert_allclose(heights, 2 * np.array(errors), atol=1e-15)
        assert line.get_linestyle() == "None" and line.get_markerfacecolor() == "none"
    ours, theirs = (bars[label].lines[0] for label in ("max-sum", "max-sum, published"))
    assert ours.get_color() == theirs.get_color() != bars["other, published"].lines[0].get_color()
    for bad in ([0.3, 0.5, 0.1], [[0.3], [0.9], [-0.1]], [[0.3], [np.nan], [0.1]]):
        with pytest.raises(ValueError, match="published must hold finite loads, fractions and errors"):
            solver_success(compared, published={"max-sum": bad})


def test_entropies_around_what_each_solver_found(compared):
    theory = franz_parisi(MODEL, 0.3, [0.1, 0.2, 0.3])
    ax = solver_entropies(compared, theory=theory)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), theory.entropy)
    assert [bars.get_label() for bars in ax.containers] == ["sbpi", "max-sum"]
    mean = compared.values["local_entropy"][0, [0, 1, 3]].mean(axis=0)
    np.testing.assert_allclose(ax.containers[0].lines[0].get_ydata(), mean)
    for bad, words in (({"kind": 2}, "kind must be"), ({"shared": 1}, "shared must be")):
        with pytest.raises((TypeError, ValueError), match=words):
            solver_entropies(compared, **bad)
    with pytest.raises(ValueError, match="must hold 'local_entropy'"):
        solver_entropies(replace(compared, values={"solved": compared.values["solved"]}))
    lost = dict(compared.values, local_entropy=np.full((3, 8, 2), np.nan))
    with pytest.raises(ValueError, match="must hold a finite local entropy"):
        solver_entropies(replace(compared, values=lost))


def test_on_shared_problems_all_means_are_over_the_same(compared):
    ax = solver_entropies(compared, kind=1, shared=True)
    shared = compared.values["local_entropy"][:, [4, 5, 7]].mean(axis=1)
    for s in (0, 1):
        np.testing.assert_allclose(ax.containers[s].lines[0].get_ydata(), shared[s])


def test_a_comparison_is_written_as_a_picture(compared, tmp_path):
    save_comparison(compared, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_solvers_are_told_apart_and_keep_their_colours(compared):
    import matplotlib.pyplot as plt
    from matplotlib.colors import to_hex

    from bp.plots import _COLORS, _stroke

    strokes = {_stroke(place, variant)[::2] for place in range(18) for variant in range(2)}
    assert len(strokes) == 36 and len(bp.solvers()) <= 18  # where colours are used up there are other markers

    def drawn(labels, **chosen):
        solvers = dict(zip(labels, compared.solvers.values(), strict=True))
        ax = solver_success(replace(compared, solvers=solvers, units=dict.fromkeys(labels, "")), **chosen)
        lines = {bars.get_label(): to_hex(bars.lines[0].get_color()).upper() for bars in ax.containers}
        plt.close(ax.figure)
        return lines

    own = {"sbpi": _COLORS[bp.solvers().index("sbpi")], "max-sum": _COLORS[bp.solvers().index("max-sum")]}
    assert drawn(list(compared.solvers)) == own
    assert drawn(["a", "b", "c"], solvers=["b"]) == {"b": own["max-sum"]}  # labels do not matter, nor what is left out
    twice = {"first": {"solver": "sbpi"}, "second": {"solver": "sbpi"}, "third": {"solver": "max-sum"}}
    ax = solver_success(replace(compared, solvers=twice, units=dict.fromkeys(twice, "")))
    first, second = (bars.lines[0] for bars in ax.containers)  # the third has no runs
    assert to_hex(first.get_color()).upper() == to_hex(second.get_color()).upper() == own["sbpi"]
    assert first.get_marker() != second.get_marker() and first.get_linestyle() != second.get_linestyle()


def test_legends_of_many_solvers_stand_beside_the_axes(compared):
    labels = [f"solver {k}" for k in range(7)]
    values = {name: np.repeat(array[:1], 7, axis=0) for name, array in compared.values.items()}
    solvers = {label: {"solver": "sbpi"} for label in labels}
    many = replace(compared, solvers=solvers, units=dict.fromkeys(labels, ""), values=values,
                   status=np.repeat(compared.status[:1], 7, axis=0))  # fmt: skip
    for ax in (solver_success(many), solver_entropies(many)):
        ax.figure.canvas.draw()
        right = ax.get_window_extent().x1
        assert [text.get_text() for text in ax.get_legend().get_texts()] == labels
        assert ax.get_legend().get_window_extent().x0 > right


def test_some_of_the_solvers_are_drawn(compared):
    for plot in (solver_success, solver_entropies):
        assert [bars.get_label() for bars in plot(compared, solvers=["max-sum"]).containers] == ["max-sum"]
        assert plot(compared, solvers=["max-sum", "sbpi"]).containers[0].get_label() == "max-sum"
        with pytest.raises(ValueError, match="solvers must be one of 'sbpi', 'max-sum'"):
            plot(compared, solvers=["sbpi", "walksat"])
    with pytest.raises(ValueError, match="must hold a finite local entropy"):
        solver_entropies(compared, solvers=["simulated-annealing"])
