"""Pictures of theory, readable in print: every line differs from the others in colour, dashes and marker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from replica_theory.models.model import Model
from replica_theory.results.curve import EntropyCurve
from replica_theory.status import silenced
from replica_theory.thresholds.capacity import Capacity
from replica_theory.thresholds.dense_region import DenseThreshold
from replica_theory.typical.replica_symmetric import ReplicaSymmetric, replica_symmetric
from replica_theory.typing import Array, ArrayLike

if TYPE_CHECKING:  # pragma: no cover
    from matplotlib.axes import Axes


class Stroke(NamedTuple):
    """How one line is drawn."""

    color: str
    linestyle: Any
    marker: str


STROKES = (
    Stroke("#000000", "-", "o"),
    Stroke("#D55E00", "--", "s"),
    Stroke("#0072B2", "-.", "^"),
    Stroke("#009E73", (0, (1, 1.2)), "D"),
    Stroke("#CC79A7", (0, (6, 1.5, 1, 1.5, 1, 1.5)), "v"),
    Stroke("#E69F00", (0, (8, 3)), "P"),
)
"""Colours that the colour-blind tell apart (Okabe and Ito)."""

FONT = 9
"""Size of ticks, legends and labels inside the axes, in points."""
_MANY = 20
"""Points on a line from which they need no markers."""
_LOG_2 = float(np.log(2))
"""Entropy without patterns."""
_HALVINGS, _NARROW = 20, 1e-3
"""The line of instability: most halvings of a pair of loads, until they are so near each other (relative)."""
_GAP = 0.075
"""Least distance of two labels at the right edge, as a fraction of the height."""


def entropy_curves(
    curves: EntropyCurve | Iterable[EntropyCurve],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    **style: Any,
) -> Axes:
    """Draw entropies (nats per weight) against distance, with the ends of their branches.

    Parameters
    ----------
    curves : EntropyCurve or iterable of them
        A curve of several dimensions gives a line for every row along its last one.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    labels : sequence of str, optional
        A label for every line; by default the curves' own.
    **style
        Passed to `Axes.plot`, over the style of every line.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        If `curves` or `ax` is something else.
    ValueError
        If there is no curve, or not one label for every line.

    Notes
    -----
    Points that did not converge leave gaps. Where a branch ends between two points, its last point is an open circle;
    where the curve reports a fold, a cross marks it at the fold's distance, on the tangent at the last point.

    Examples
    --------
    >>> import replica_theory as rt
    >>> curve = rt.local_entropy(rt.BinaryPerceptron(), 0.4, [0.05, 0.1, 0.2])
    >>> ax = entropy_curves(curve, labels=["largest"])
    >>> [len(line.get_xdata()) for line in ax.lines]
    [3]
    """
    curves = [curves] if isinstance(curves, EntropyCurve) else list(curves)
    for curve in curves:
        if not isinstance(curve, EntropyCurve):
            raise TypeError(f"curves must be an EntropyCurve or several; got {type(curve).__name__}")
    lines = [line for curve in curves for line in _lines(curve)]
    if not lines:
        raise ValueError("curves must hold at least one curve; got none")
    if labels is not None and len(labels) != len(lines):
        raise ValueError(f"labels must be one for each of the {len(lines)} lines; got {len(labels)}")
    ax = prepared(ax)
    for k, line in enumerate(lines):
        stroke = STROKES[k % len(STROKES)]
        lone = {"marker": stroke.marker} if len(line.distance) == 1 else {}
        label = line.label if labels is None else labels[k]
        own = {"color": stroke.color, "linestyle": stroke.linestyle, "lw": 1.6, "label": label or None, **lone, **style}
        ax.plot(line.distance, line.entropy, **own)
    for line, drawn in zip(lines, ax.lines[-len(lines) :], strict=True):  # after all lines, so last in the legend
        _mark(ax, line.ends, "o", "end of the branch", drawn.get_color())
        _mark(ax, line.folds, "X", "fold of the branch", drawn.get_color())
    ax.set(xlabel="distance $d$", ylabel="entropy (nats per weight)")
    legend(ax)
    return ax


def phase_diagram(
    capacity: Capacity,
    *thresholds: DenseThreshold,
    points: ReplicaSymmetric | None = None,
    ax: Axes | None = None,
    relative: bool = False,
    ylim: tuple[float, float] | None = None,
    cmap: Any = None,
) -> Axes:
    r"""Draw loads against the margin: capacity, thresholds of the dense region and the de Almeida-Thouless line.

    Parameters
    ----------
    capacity : Capacity
        At an array of margins (or at one, then points are drawn in place of lines).
    *thresholds : DenseThreshold
        Any of `local_entropy_threshold`, each at its own margins.
    points : ReplicaSymmetric, optional
        At loads (axis 0) and margins (axis 1): isolines of the entropy (nats per weight), and the line where the saddle
        point becomes unstable. It is searched for between the last stable load of every margin and the next one (or the
        loss of the saddle point there), however coarse the grid; beyond the grid it is not.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default. Labels stand right of it.
    relative : bool
        Loads in units of the capacity (linear between its margins).
    ylim : pair of float, optional
        Limits of the loads; by default from zero to the highest.
    cmap : str or matplotlib Colormap, optional
        Fill with this colour map the region where `points` have a positive entropy, with a scale beside it; by default
        there are isolines alone.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        If an argument is something else.
    ValueError
        If `points` is no grid, or with `relative` a margin lies outside those of `capacity`, or `cmap` is unknown or
        comes without `points`.

    Notes
    -----
    Loads bend with the margin: where fewer than 20 margins were computed, points are joined only with `relative`.

    Examples
    --------
    >>> import replica_theory as rt
    >>> model = rt.BinaryPerceptron(kappa=[-0.5, 0.0, 0.5])
    >>> ax = phase_diagram(rt.capacity(model), rt.local_entropy_threshold(model))
    >>> [text.get_text() for text in ax.texts]
    ['dense: slope, $y = \\infty$', 'capacity']
    """
    if not isinstance(capacity, Capacity):
        raise TypeError(f"capacity must be a Capacity, from replica_theory.capacity; got {type(capacity).__name__}")
    for threshold in thresholds:
        if not isinstance(threshold, DenseThreshold):
            raise TypeError(f"thresholds must be of local_entropy_threshold; got {type(threshold).__name__}")
    colors = _checked_colors(cmap, points)
    margins, loads = _along(capacity.model.kappa, capacity.alpha)
    boundaries = [("capacity", margins, loads)]
    boundaries += [(_name(t), *_along(t.kappa, t.alpha)) for t in thresholds]
    if points is not None:
        boundaries.insert(1, ("de Almeida-Thouless", *_instability(points)))

    def unit(kappa: Array) -> Array:
        return _interpolated(kappa, margins, loads) if relative else np.ones_like(kappa)

    boundaries = [(name, kappa, alpha / unit(kappa)) for name, kappa, alpha in boundaries]
    ax = prepared(ax)
    if points is not None:
        _isolines(ax, points, unit, colors, (margins, loads / unit(margins)))
    for k, (_, kappa, alpha) in enumerate(boundaries):
        stroke = STROKES[k % len(STROKES)]
        few = len(kappa) < _MANY
        linestyle = stroke.linestyle if relative or not few else "none"
        ax.plot(kappa, alpha, color=stroke.color, ls=linestyle, lw=1.8, marker=stroke.marker if few else "", ms=5)
    load = r"load in units of the capacity, $\alpha/\alpha_c$" if relative else r"load $\alpha = P/N$"
    ax.set(xlabel=r"margin $\kappa$", ylabel=load)
    if np.ptp(margins) > 0:
        ax.set_xlim(margins[0] - 0.02 * np.ptp(margins), margins[-1] + 0.02 * np.ptp(margins))
    ax.set_ylim(*((0, None) if ylim is None else ylim))
    _label_at_right(ax, boundaries)
    return ax


def prepared(ax: Axes | None) -> Axes:
    """The axes to draw on, new ones by default, in the style of this package.

    Raises
    ------
    TypeError
        If `ax` is not a matplotlib Axes.
    """
    from matplotlib import pyplot
    from matplotlib.axes import Axes

    if ax is None:
        ax = pyplot.subplots(figsize=(5.6, 3.8), layout="constrained")[1]
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be a matplotlib Axes; got {type(ax).__name__}")
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=FONT)
    return ax


def legend(ax: Axes) -> None:
    """A legend of what is labelled, if anything is."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend(frameon=False, fontsize=FONT, handlelength=2.6)


class _Line(NamedTuple):
    """A row of a curve, in order of distance, and the points (distance, entropy) where its branch ends or folds."""

    distance: Array
    entropy: Array
    label: str
    ends: list[tuple[float, float]]
    folds: list[tuple[float, float]]


def _lines(curve: EntropyCurve) -> list[_Line]:
    distance = np.atleast_1d(np.asarray(curve.distance, dtype=float))
    none = np.full(distance.shape, np.nan)
    columns = (distance, curve.entropy, curve.slope, curve.overlaps.get("fold", none))
    rows = (np.broadcast_to(np.atleast_1d(c), distance.shape).reshape(-1, distance.shape[-1]) for c in columns)
    return [_line(curve.label, *row) for row in zip(*rows, strict=True)]


def _line(label: str, distance: Array, entropy: Array, slope: Array, fold: Array) -> _Line:
    order = np.argsort(distance, kind="stable")
    distance, entropy, slope, fold = distance[order], entropy[order], slope[order], fold[order]
    ends, folds = [], []
    finite = np.isfinite(entropy)
    for step in (-1, 1):
        for i in np.flatnonzero(finite):
            beyond = i + step
            if not 0 <= beyond < len(distance) or finite[beyond]:
                continue
            if np.isfinite(fold[beyond]):
                tangent = float(entropy[i] + slope[i] * (fold[beyond] - distance[i]))
                folds.append((float(fold[beyond]), tangent))
            else:
                ends.append((float(distance[i]), float(entropy[i])))
    return _Line(distance, entropy, label, ends, folds)


def _mark(ax: Axes, places: list[tuple[float, float]], marker: str, label: str, color: Any) -> None:
    """Marks of a kind; the legend explains the kind once."""
    if places:
        known = label in ax.get_legend_handles_labels()[1]
        face = "white" if marker == "o" else color
        ax.plot(*zip(*places, strict=True), marker=marker, ms=6, mfc=face, mec=color, ls="none", zorder=3,
                label=None if known else label)  # fmt: skip


def _along(kappa: Any, alpha: Any) -> tuple[Array, Array]:
    """Margins in order, with their loads."""
    margins, loads = (np.ravel(a).astype(float) for a in np.broadcast_arrays(kappa, alpha))
    order = np.argsort(margins, kind="stable")
    return margins[order], loads[order]


def _name(threshold: DenseThreshold) -> str:
    if threshold.criterion == "margin":
        return "dense: margin"
    if threshold.y == "zero-complexity":
        return rf"dense: {threshold.criterion}, $\Sigma = 0$"
    y = r"\infty" if threshold.y == np.inf else f"{float(threshold.y):g}"
    return f"dense: {threshold.criterion}, $y = {y}$"


def _grid(points: ReplicaSymmetric) -> tuple[Array, Array]:
    """Margins and loads of a grid of points."""
    if not isinstance(points, ReplicaSymmetric):
        raise TypeError(f"points must be a ReplicaSymmetric, from replica_symmetric; got {type(points).__name__}")
    shape = np.shape(points.entropy)
    if len(shape) != 2 or min(shape) < 2:
        raise ValueError(f"points must be a grid of loads (axis 0) and margins (axis 1); got shape {shape}")
    return np.broadcast_to(points.model.kappa, shape), np.broadcast_to(points.alpha, shape)


def _instability(points: ReplicaSymmetric) -> tuple[Array, Array]:
    """Margins, and the load of each where the stability vanishes; NaN where it does not on the grid."""
    kappa, alpha = _grid(points)
    stability = np.asarray(points.stability)
    order = np.argsort(alpha, axis=0, kind="stable")
    alpha, stability = np.take_along_axis(alpha, order, 0), np.take_along_axis(stability, order, 0)
    found = np.full(kappa.shape[1], np.nan)
    ends = np.argmax(~(stability > 0), axis=0)  # the first load that is not stable; 0 where all are or none is
    columns = np.flatnonzero(ends > 0)
    if len(columns):
        low, high = (np.stack([a[ends[columns] - k, columns] for a in (alpha, stability)]) for k in (1, 0))
        found[columns] = _crossing(points.model.at(kappa=kappa[0, columns]), low, high)
    return _along(kappa[0], found)


def _crossing(model: Model, low: Array, high: Array) -> Array:
    """Loads of vanishing stability, from pairs of load and stability on both sides (NaN above: no saddle point).

    NaN where no unstable saddle point is found: a branch that ends while it is stable crosses nothing.
    """
    with silenced():
        for _ in range(_HALVINGS):
            if np.all((high[0] - low[0] < _NARROW * high[0]) & np.isfinite(high[1])):
                break
            load = 0.5 * (low[0] + high[0])
            middle = np.stack([load, np.asarray(replica_symmetric(model, load).stability)])
            stable = middle[1] > 0
            low, high = np.where(stable, middle, low), np.where(stable, high, middle)
    return np.asarray(low[0] + (high[0] - low[0]) * low[1] / (low[1] - high[1]))


def _interpolated(kappa: Array, margins: Array, loads: Array) -> Array:
    """Capacity at other margins."""
    if kappa.min() < margins[0] or kappa.max() > margins[-1]:
        raise ValueError(
            f"relative needs the capacity at all margins, {kappa.min():g} to {kappa.max():g}; "
            f"got it from {margins[0]:g} to {margins[-1]:g}"
        )
    return np.interp(kappa, margins, loads)


def _isolines(ax: Axes, points: ReplicaSymmetric, unit: Any, colors: Any, top: tuple[Array, Array]) -> None:
    """Thin lines of equal entropy, each with its value, on a map of it up to the capacity if there are colours."""
    kappa, alpha = _grid(points)
    places = kappa, alpha / unit(kappa), points.entropy
    if colors is not None:
        filled = ax.contourf(*_whole(*places), np.linspace(0, 0.7, 15), cmap=colors)
        if len(top[0]) > 1:  # a coarse grid bends away from the capacity: filled beyond it, and cut there
            from matplotlib.patches import Polygon

            edge = np.column_stack(top)
            corners = [(top[0][-1], 0.0), (top[0][0], 0.0)]
            filled.set_clip_path(Polygon(np.vstack([edge, corners]), transform=ax.transData))
        scale = ax.figure.colorbar(filled, ax=ax, label="entropy (nats per weight)", location="left", pad=0.02,
                                   ticks=np.linspace(0, 0.7, 8))  # fmt: skip
        scale.ax.tick_params(labelsize=FONT)
    lines = ax.contour(*places, (0.2, 0.4, 0.6), colors="0.5" if colors is None else "white", linewidths=0.8)
    ax.clabel(lines, fmt=lambda s: f"entropy {s:.1f}", fontsize=FONT - 1)


def _whole(kappa: Array, alpha: Array, entropy: ArrayLike) -> tuple[Array, Array, Array]:
    """A grid without holes, never negative: log 2 where there is no load, straight on where saddle points are lost."""
    alpha, values = np.array(alpha), np.array(entropy, dtype=float)
    if np.all(alpha[0] <= 1.5 * (alpha[1] - alpha[0])):
        kappa, alpha = np.vstack([kappa[:1], kappa]), np.vstack([np.zeros_like(alpha[:1]), alpha])
        values = np.vstack([np.full_like(values[:1], _LOG_2), values])
    for i in range(2, len(values)):
        slope = (values[i - 1] - values[i - 2]) / (alpha[i - 1] - alpha[i - 2])
        values[i] = np.where(np.isnan(values[i]), values[i - 1] + slope * (alpha[i] - alpha[i - 1]), values[i])
    return kappa, alpha, np.maximum(values, 0.0)


def _checked_colors(cmap: Any, points: ReplicaSymmetric | None) -> Any:
    """The colour map of a name, or the map itself."""
    from matplotlib import colormaps
    from matplotlib.colors import Colormap

    if cmap is None or isinstance(cmap, Colormap):
        known = True
    elif isinstance(cmap, str):
        known = cmap in colormaps
    else:
        raise TypeError(f"cmap must be the name of a colour map or a matplotlib Colormap; got {type(cmap).__name__}")
    if not known:
        raise ValueError(f"cmap must be the name of a matplotlib colour map, such as 'viridis'; got {cmap!r}")
    if cmap is not None and points is None:
        raise ValueError("cmap is for the entropies of points; got none")
    return cmap


def _label_at_right(ax: Axes, boundaries: list[tuple[str, Array, Array]]) -> None:
    """The names of the lines right of the axes, beside where they end and apart from each other."""
    low, high = ax.get_ylim()
    ends = []
    for k, (name, kappa, alpha) in enumerate(boundaries):
        drawn = np.flatnonzero(np.isfinite(alpha))
        if len(drawn):
            x, y = kappa[drawn[-1]], alpha[drawn[-1]]
            ends.append(((y - low) / (high - low), (float(x), float(y)), name, STROKES[k % len(STROKES)].color))
    ends.sort(key=lambda end: end[0])
    heights = _apart([end[0] for end in ends])
    for height, (_, place, name, color) in zip(heights, ends, strict=True):
        leader = {"arrowstyle": "-", "color": "0.7", "lw": 0.6, "shrinkB": 4}
        ax.annotate(name, place, (1.03, height), textcoords="axes fraction", color=color, fontsize=FONT, va="center",
                    annotation_clip=False, arrowprops=leader)  # fmt: skip


def _apart(heights: list[float]) -> list[float]:
    """Increasing heights moved as little as keeps them `_GAP` apart: those too close share their middle."""
    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _bottom(groups[-1]) < _top(groups[-2]) + _GAP:
            last = groups.pop()
            groups[-1] = groups[-1] + last
    return [_bottom(group) + _GAP * k for group in groups for k in range(len(group))]


def _bottom(group: list[float]) -> float:
    return float(np.mean(group)) - _GAP * (len(group) - 1) / 2


def _top(group: list[float]) -> float:
    return float(np.mean(group)) + _GAP * (len(group) - 1) / 2
