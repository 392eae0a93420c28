"""Pictures of measurements, in the style of `replica_theory.plots`."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.algorithms import Solution
from bp.algorithms.solver import registry
from bp.ensembles.solver_comparison import SolverComparison
from bp.ensembles.table import Ensemble
from replica_theory.arguments import checked_choices, checked_flag, checked_integer, checked_path
from replica_theory.plots import FONT, STROKES, Stroke, entropy_curves, legend, prepared
from replica_theory.results.curve import EntropyCurve
from replica_theory.results.files import replace_file

if TYPE_CHECKING:  # pragma: no cover
    from matplotlib.axes import Axes

_COLORS = (
    *("#332288", "#CC6677", "#117733", "#AA4499", "#88CCEE", "#DDCC77"),
    *("#882255", "#44AA99", "#999933", "#661100", "#6699CC"),
)
"""Colours of solvers, none of them black, which is theory's; the colour-blind tell them apart (Tol's muted scheme)."""
_MARKERS = "osD^vPX<>"
_DASHES = ("-", "--", "-.", ":")
"""Of variants of a solver, and of sizes."""
_ASIDE = 1 / 80
"""Lines of solvers are moved sideways by so much of the range of loads, at most."""
_MOST = 5
"""Entries of a legend that fit into the axes."""
_COLUMNS = 3
"""Panels beside one another."""
_GREY = Stroke("0.4", "", "*")
"""Of points that belong to no solver."""


def entropy_points(
    ensemble: Ensemble,
    ax: Axes | None = None,
    *,
    theory: EntropyCurve | Iterable[EntropyCurve] = (),
    instances: bool = True,
) -> Axes:
    """Draw the local entropies around solutions found: means with standard errors, and every instance.

    Parameters
    ----------
    ensemble : Ensemble
        With the measurement ``"local_entropy"``.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    theory : EntropyCurve or iterable of them
        Drawn below the points, as by `replica_theory.plots.entropy_curves`, in black.
    instances : bool
        Whether every instance is drawn, as a small pale point.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        If an argument is something else.
    ValueError
        If the ensemble holds no finite local entropy.

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> found = bp.ensemble(rt.BinaryPerceptron(), 0.4, 101, 2, ["local_entropy"], rng=1, distance=[0.1, 0.2])
    >>> ax = entropy_points(found, theory=rt.franz_parisi(rt.BinaryPerceptron(), 0.4, [0.1, 0.2, 0.3]))
    >>> ax.containers[0].get_label()
    'N = 101'
    """
    values = _measured(ensemble, "local_entropy")
    curves = [theory] if isinstance(theory, EntropyCurve) else list(theory)
    estimate = ensemble.mean("local_entropy")
    ax = prepared(ax)
    if curves:
        entropy_curves(curves, ax, color="black")
    for k, (i, j) in enumerate(np.ndindex(len(ensemble.alpha), len(ensemble.n))):
        stroke = STROKES[1 + k % (len(STROKES) - 1)]
        if instances:
            places = np.tile(ensemble.distance, ensemble.samples)
            ax.plot(places, values[i, j].ravel(), ".", color=stroke.color, ms=4, mew=0, alpha=0.5)
        ax.errorbar(ensemble.distance, estimate.mean[i, j], estimate.error[i, j], color=stroke.color, fmt=stroke.marker,
                    mfc="none", ms=5.5, capsize=3, lw=1.2, label=_label(ensemble, i, j), zorder=4)  # fmt: skip
    ax.set(xlabel="distance $d$", ylabel="entropy (nats per weight)")
    legend(ax)
    return ax


def success_probability(
    ensemble: Ensemble,
    ax: Axes | None = None,
    *,
    width: float = 1.0,
    thresholds: Mapping[str, float] | None = None,
) -> Axes:
    """Draw the fraction of instances solved against the load, a line for each size in its binomial band.

    Parameters
    ----------
    ensemble : Ensemble
        With the measurement ``"solved"``.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    width : float
        Half width of the bands (Wilson's intervals) in standard deviations.
    thresholds : mapping of str to float, optional
        Loads to mark by vertical lines, by name.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        If an argument is something else.
    ValueError
        If ``"solved"`` was not measured, or `width` is not positive.

    Notes
    -----
    Loads are those that the instances have, P/N.

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> result = bp.ensemble(rt.BinaryPerceptron(), [0.3, 0.5], 101, 4, ["solved"], rng=1)
    >>> ax = success_probability(result, thresholds={"capacity": 0.833})
    >>> ax.get_ylabel()
    'fraction solved (of 4 instances)'
    """
    _measured(ensemble, "solved")
    estimate = ensemble.mean("solved", width=width)
    ax = prepared(ax)
    for j, n in enumerate(ensemble.n):
        stroke, order = STROKES[j % len(STROKES)], np.argsort(ensemble.load[:, j], kind="stable")
        load = ensemble.load[order, j]
        ax.fill_between(load, estimate.low[order, j], estimate.high[order, j], color=stroke.color, alpha=0.18, lw=0)
        ax.plot(load, estimate.mean[order, j], color=stroke.color, ls=stroke.linestyle, marker=stroke.marker, ms=4.5,
                lw=1.6, label=f"N = {n}")  # fmt: skip
    _mark(ax, thresholds or {})
    ax.set(xlabel=r"load $\alpha = P/N$", ylabel=f"fraction solved (of {ensemble.samples} instances)")
    ax.set_ylim(-0.03, 1.03)
    legend(ax)
    return ax


def solver_success(
    comparison: SolverComparison,
    ax: Axes | None = None,
    *,
    width: float = 1.0,
    thresholds: Mapping[str, float] | None = None,
    solvers: Sequence[str] | None = None,
    published: Mapping[str, ArrayLike] | None = None,
) -> Axes:
    """Draw the fraction of problems that each solver solved against the load, with Wilson's intervals as bars.

    Parameters
    ----------
    comparison : SolverComparison
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    width : float
        Half width of the bars (Wilson's intervals) in standard deviations.
    thresholds : mapping of str to float, optional
        Loads to mark by vertical lines, by name.
    solvers : sequence of str, optional
        Labels of those to draw, in this order; all by default.
    published : mapping of str to array_like, shape (3, points), optional
        Loads, fractions solved and their errors that others found, by label: open markers, in the colour of the solver
        that is drawn with this label, or in grey.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        If an argument is something else.
    ValueError
        If `width` is not positive, the comparison has no such solver, or `published` other than finite numbers.

    Notes
    -----
    A line for each solver and size; solvers that do not apply are left out. A solver has the same colour in every
    picture; a second one of its name has it, too, with another marker and dashes. Lines are moved sideways by up to
    1/80 of the range of loads, so that those that coincide are seen.

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> problems = bp.RandomProblems(rt.BinaryPerceptron(), [0.3, 0.5], 101, 3)
    >>> ax = solver_success(bp.compare(["focusing-bp", "sbpi"], problems, rng=1))
    >>> [bars.get_label() for bars in ax.containers]
    ['focusing-bp', 'sbpi']
    """
    estimate = _of_comparison(comparison).mean("solved", width=width)
    drawn, others = _chosen(comparison, solvers), _of_others(published or {})
    ax = prepared(ax)
    load, n = _kinds(comparison)
    labels, sizes = list(comparison.solvers), np.unique(n)
    for (place, (label, stroke)), (j, size) in product(enumerate(drawn.items()), enumerate(sizes)):
        s = labels.index(label)
        chosen = np.flatnonzero((n == size) & (estimate.count[s] > 0))
        order = chosen[np.argsort(load[chosen], kind="stable")]
        if not len(order):
            continue
        places = load[order] + np.ptp(load) * _ASIDE * (2 * place / max(len(drawn) - 1, 1) - 1)
        mean, low, high = (ends[s, order] for ends in (estimate.mean, estimate.low, estimate.high))
        bars = np.maximum([mean - low, high - mean], 0.0)
        ax.errorbar(places, mean, bars, color=stroke.color, marker=stroke.marker, ms=4.5,
                    ls=_DASHES[(_DASHES.index(stroke.linestyle) + j) % len(_DASHES)], lw=1.4, elinewidth=0.9, capsize=2,
                    label=label if len(sizes) == 1 else f"{label}, N = {size}")  # fmt: skip
    for label, (loads, fractions, errors) in others.items():
        stroke = drawn.get(label, _GREY)
        ax.errorbar(loads, fractions, errors, color=stroke.color, marker=stroke.marker, ls="", mfc="none", ms=8, lw=0.9,
                    label=f"{label}, published")  # fmt: skip
    _mark(ax, thresholds or {})
    ax.set(xlabel=r"constraints per weight $\alpha$", ylabel="fraction solved")
    ax.set_ylim(-0.03, 1.03)
    _legend(ax)
    return ax


def solver_entropies(
    comparison: SolverComparison,
    ax: Axes | None = None,
    *,
    theory: EntropyCurve | Iterable[EntropyCurve] = (),
    kind: int = 0,
    shared: bool = False,
    solvers: Sequence[str] | None = None,
) -> Axes:
    """Draw the local entropies around the solutions that each solver found: means with standard errors.

    Parameters
    ----------
    comparison : SolverComparison
        With the measurement ``"local_entropy"``.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    theory : EntropyCurve or iterable of them
        Drawn below the points, as by `replica_theory.plots.entropy_curves`, in black.
    kind : int
        Which of `SolverComparison.problems`.
    shared : bool
        Whether only problems count that every solver solved; otherwise each mean is over those that its solver solved,
        which near its limit are the easy ones.
    solvers : sequence of str, optional
        Labels of those to draw, in this order; all by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        If an argument is something else.
    ValueError
        If there is no such kind or solver, or no finite local entropy of it (on a shared problem).

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> problems = bp.RandomProblems(rt.BinaryPerceptron(), 0.3, 101, 2)
    >>> found = bp.compare(["focusing-bp", "sbpi"], problems, 1, measurements=["local_entropy"], distance=[0.1, 0.2])
    >>> ax = solver_entropies(found, theory=rt.franz_parisi(rt.BinaryPerceptron(), 0.3, [0.1, 0.2]))
    >>> [bars.get_label() for bars in ax.containers]
    ['focusing-bp', 'sbpi']
    """
    checked_integer("kind", kind, 0, len(_of_comparison(comparison).problems) - 1)
    if "local_entropy" not in comparison.values:
        raise ValueError(f"comparison must hold 'local_entropy'; it has {', '.join(map(repr, comparison.values))}")
    estimate = comparison.mean("local_entropy", over="shared" if checked_flag("shared", shared) else "all")
    drawn = _chosen(comparison, solvers)
    found = {label: s for s, label in enumerate(comparison.solvers) if np.isfinite(estimate.mean[s, kind]).any()}
    if not found.keys() & drawn.keys():
        raise ValueError(f"comparison must hold a finite local entropy of kind {kind}; all are NaN")
    curves = [theory] if isinstance(theory, EntropyCurve) else list(theory)
    ax = prepared(ax)
    if curves:
        entropy_curves(curves, ax, color="black")
    order = np.argsort(comparison.distance)
    for label, stroke in drawn.items():
        if label in found:
            mean, error = (values[found[label], kind][order] for values in (estimate.mean, estimate.error))
            ax.errorbar(comparison.distance[order], mean, error, color=stroke.color, marker=stroke.marker,
                        ls=stroke.linestyle, mfc="none", ms=5.5, capsize=3, lw=1.2, label=label, zorder=4)  # fmt: skip
    ax.set(xlabel="distance $d$ from the solution found", ylabel="entropy (nats per weight)")
    _legend(ax)
    return ax


def save_comparison(comparison: SolverComparison, path: str | os.PathLike[str]) -> None:
    """Write a picture of a comparison as PNG: success against load and, of each kind measured, local entropies.

    Parameters
    ----------
    comparison : SolverComparison
    path : path-like

    Raises
    ------
    OSError
        If it cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    measured = comparison.mean("local_entropy").mean if "local_entropy" in comparison.values else np.zeros((1, 0, 1))
    kinds = [j for j in range(measured.shape[1]) if np.isfinite(measured[:, j]).any()]
    columns = min(1 + len(kinds), _COLUMNS)
    rows = -(-(1 + len(kinds)) // columns)
    figure = Figure(figsize=(5.2 * columns + 1.8, 4.2 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    handles = solver_success(comparison, axes[0]).get_legend_handles_labels()
    load, n = _kinds(comparison)
    for ax, j in zip(axes[1:], kinds, strict=False):
        solver_entropies(comparison, ax, kind=j)
        ax.set_title(rf"$\alpha = {load[j]:.4g}$, N = {n[j]}", fontsize=FONT)
    for ax in axes[1 + len(kinds) :]:
        ax.remove()
    for ax in figure.axes:
        if (own := ax.get_legend()) is not None:
            own.remove()
    if handles[0]:
        figure.legend(*handles, loc="outside right upper", frameon=False, fontsize=FONT, handlelength=2.6)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=150)
    replace_file(Path(checked_path("path", path)), data.getvalue())


def focusing_trace(solution: Solution, ax: Axes | None = None) -> Axes:
    r"""Draw how focusing BP went: violated patterns, overlap, internal entropy and coupling at every step.

    Parameters
    ----------
    solution : Solution
        Of ``"focusing-bp"`` or ``"reinforced-bp"``.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes
        That of the violated patterns (left); the other quantities are on its twin (right).

    Raises
    ------
    TypeError
        If `solution` is something else.
    ValueError
        If its trace is empty or of another solver.

    Notes
    -----
    The coupling is drawn as :math:`\rho = \tanh^2\gamma`, which lies in [0, 1] as the overlap does. Internal entropies
    are there if the solver was told to measure them (``entropies=True``); they contain the share of the reference's own
    entropy, so that they start above the entropy of the solutions. Dotted vertical lines: a new pass begins.

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> instance = bp.random_instance(rt.BinaryPerceptron(), n=201, alpha=0.5, rng=1)
    >>> found = bp.solve(instance, entropies=True, rng=1)
    >>> ax = focusing_trace(found)
    >>> bool(ax.lines[0].get_ydata()[-1] == found.errors)
    True
    """
    trace = _trace(solution)
    step = np.arange(1, len(trace) + 1)
    left = prepared(ax)
    right = left.twinx()
    right.spines[["top", "left"]].set_visible(False)
    right.spines["right"].set_visible(True)
    right.tick_params(labelsize=FONT)
    columns = [
        (left, trace["errors"], "violated patterns (left)"),
        (right, trace["q"], "overlap $q$"),
        (right, trace["internal_entropy"], "internal entropy (nats per weight)"),
        (right, np.tanh(trace["gamma"]) ** 2, r"coupling $\rho = \tanh^2\gamma$"),
    ]
    handles = []
    for stroke, (panel, values, label) in zip(STROKES, columns, strict=False):
        if np.isfinite(values).any():
            style = {"color": stroke.color, "ls": stroke.linestyle, "lw": 1.6, "label": label}
            handles += panel.plot(step, values, marker="o" if len(step) == 1 else "", **style)
    for start in step[1:][np.diff(trace["restart"]) > 0]:
        left.axvline(start - 0.5, color="0.6", lw=0.8, ls=":")
    left.set(xlabel="step", ylabel="violated patterns")
    left.set_ylim(bottom=0)
    right.set(ylabel=", ".join(["overlap", "coupling", "internal entropy"][: len(handles) - 1]), ylim=_reach(right))
    left.legend(handles=handles, frameon=False, fontsize=FONT, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return left


def _legend(ax: Axes) -> None:
    """A legend, beside the axes where it is long."""
    legend(ax)
    if (own := ax.get_legend()) is not None and len(own.get_texts()) > _MOST:
        own.set_loc("upper left")
        own.set_bbox_to_anchor((1.0, 1.0))


def _mark(ax: Axes, thresholds: Mapping[str, float]) -> None:
    """Vertical lines with names."""
    for name, load in thresholds.items():
        ax.axvline(load, color="0.35", lw=0.8, zorder=0)
        ax.annotate(name, (load, 1), (3, -3), xycoords=ax.get_xaxis_transform(), textcoords="offset points",
                    rotation=90, va="top", fontsize=FONT, color="0.35")  # fmt: skip


def _of_comparison(comparison: SolverComparison) -> SolverComparison:
    if not isinstance(comparison, SolverComparison):
        raise TypeError(f"comparison must be a SolverComparison, from bp.compare; got {type(comparison).__name__}")
    return comparison


def _of_others(published: Mapping[str, ArrayLike]) -> dict[str, NDArray[np.float64]]:
    """Loads, fractions and errors by label."""
    arrays = {}
    for label, points in published.items():
        array = np.asarray(points, dtype=float)
        if array.ndim != 2 or len(array) != 3 or not np.all(np.isfinite(array)) or np.any(array[2] < 0):
            raise ValueError(f"published must hold finite loads, fractions and errors, in the shape (3, points); "
                             f"got {array.tolist()} for {label!r}")  # fmt: skip
        arrays[label] = array
    return arrays


def _kinds(comparison: SolverComparison) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Load and size of each kind of problem."""
    first = [int(np.flatnonzero(comparison.kind == j)[0]) for j in range(len(comparison.problems))]
    return comparison.load[first], comparison.n[first]


def _chosen(comparison: SolverComparison, solvers: Sequence[str] | None) -> dict[str, Stroke]:
    """How the solvers to draw are drawn, by label: each in the colour of its name, the second of a name dashed."""
    places = {name: place for place, name in enumerate(registry())}
    seen: dict[str, int] = {}
    strokes = {}
    for label, options in comparison.solvers.items():
        name = str(options["solver"])
        seen[name] = seen.get(name, -1) + 1
        strokes[label] = _stroke(places.setdefault(name, len(places)), seen[name])
    labels = tuple(strokes) if solvers is None else checked_choices("solvers", solvers, strokes)
    return {label: strokes[label] for label in labels}


def _stroke(place: int, variant: int) -> Stroke:
    """Colour and marker of a solver; other markers and dashes of its variants, other markers after all colours."""
    marker = place + place // len(_COLORS) + 4 * variant
    return Stroke(_COLORS[place % len(_COLORS)], _DASHES[variant % len(_DASHES)], _MARKERS[marker % len(_MARKERS)])


def _reach(ax: Axes) -> tuple[float, float]:
    """Limits that show [0, 1] and whatever lies outside (internal entropies do)."""
    values = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in ax.lines])
    low, high = np.nanmin(values, initial=0.0), np.nanmax(values, initial=1.0)
    return float(low - 0.02 * (low < 0)), float(high + 0.02)


def _measured(ensemble: Ensemble, name: str) -> NDArray[np.float64]:
    """The values of a measurement."""
    if not isinstance(ensemble, Ensemble):
        raise TypeError(f"ensemble must be an Ensemble, from bp.ensemble; got {type(ensemble).__name__}")
    if name not in ensemble.values:
        raise ValueError(f"ensemble must hold the measurement {name!r}; it has {', '.join(map(repr, ensemble.values))}")
    values = ensemble.values[name]
    if not np.isfinite(values).any():
        raise ValueError(f"ensemble must hold a finite {name!r}; all {values.size} values are NaN")
    return values


def _trace(solution: Solution) -> NDArray[Any]:
    if not isinstance(solution, Solution):
        raise TypeError(f"solution must be a Solution, from bp.solve; got {type(solution).__name__}")
    missing = {"errors", "q", "internal_entropy", "gamma", "restart"} - set(solution.trace.dtype.names or ())
    if missing:
        raise ValueError(f"solution must have the trace of focusing BP; it lacks {', '.join(sorted(missing))}")
    if not len(solution.trace):
        raise ValueError("solution must have a trace of at least one step; got none")
    return solution.trace


def _label(ensemble: Ensemble, i: int, j: int) -> str:
    size = f"N = {ensemble.n[j]}"
    return size if len(ensemble.alpha) == 1 else rf"$\alpha = {ensemble.alpha[i]:g}$, {size}"
