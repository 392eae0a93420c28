"""The picture of a crosscheck: entropies, local entropies, z-scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bp.ensembles.draw import System
from bp.validation.table import Row
from bp.validation.theory import bound, entropy_curve, typical
from replica_theory.models.model import Model
from replica_theory.models.satisfiability import RandomSatisfiability

if TYPE_CHECKING:  # pragma: no cover
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BETHE = "belief propagation"
_LOWEST = -0.02  # curves are not drawn below
_MARKERS = "osD^v"


def picture(model: System, rows: Sequence[Row]) -> Figure:
    """Entropy against load, local entropy against distance, and z of the rows that should agree, as far as measured."""
    from matplotlib.figure import Figure

    parts: tuple[tuple[Callable[[Axes, Any, Sequence[Row]], None], list[Row]], ...] = (
        (_entropy, _bethe(rows)),
        (_local, _bounded(rows)),
        (_planted, _around(rows)),
        (_scores, _exact(rows)),
    )
    shown = [(draw, mine) for draw, mine in parts if mine]
    figure = Figure(figsize=(1 + 5 * max(len(shown), 1), 4.4), layout="constrained")
    for ax, (draw, mine) in zip(np.ravel(figure.subplots(1, max(len(shown), 1))), shown, strict=False):
        draw(ax, model, mine)
    sizes = sorted({int(row.n) for row in rows if np.isfinite(row.n)})
    text = f" and instances of N = {', '.join(map(str, sizes))}" if sizes else ""
    figure.suptitle(f"{_describe(model)}: theory{text}", fontsize=11)
    return figure


def _bethe(rows: Sequence[Row]) -> list[Row]:
    """Bethe entropies of the largest size."""
    return _largest([row for row in rows if row.quantity == "entropy" and row.simulation_source == _BETHE])


def _bounded(rows: Sequence[Row]) -> list[Row]:
    """Local entropies around solutions found, of the largest size."""
    return _largest([row for row in rows if row.quantity == "local entropy" and row.expected == "below"])


def _around(rows: Sequence[Row]) -> list[Row]:
    """Local entropies around planted solutions of formulas, of the largest size."""
    return _largest([row for row in rows if row.quantity == "planted local entropy"])


def _exact(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.expected == "equal" and np.isfinite(row.z)]


def _largest(rows: Sequence[Row]) -> list[Row]:
    size = max((row.n for row in rows if np.isfinite(row.n)), default=0)
    return [row for row in rows if row.n == size and np.isfinite(row.simulation)]


def _entropy(ax: Axes, model: System, rows: Sequence[Row]) -> None:
    grid = np.linspace(0.02, 1.15 * max(row.alpha for row in rows), 120)
    name, curve = entropy_curve(model, grid)
    ax.plot(grid, np.where(curve > _LOWEST, curve, np.nan), color="0.25", label=name)
    if sampled := [row for row in rows if row.theory_error]:
        places, heights = [row.alpha for row in sampled], [row.theory for row in sampled]
        ax.plot(places, heights, "_", ms=14, color="C3", label=sampled[0].theory_source)
    _points(ax, rows, "alpha", color="C0", label="Bethe entropy")
    ax.axhline(0, color="0.8", lw=0.8)
    ax.set(xlabel=r"load $\alpha$", ylabel="entropy (nats per weight)")
    ax.legend(frameon=False)


def _local(ax: Axes, model: Model, rows: Sequence[Row]) -> None:
    sources = sorted({row.simulation_source for row in rows})
    right = min(1.4 * max(row.distance for row in rows), 0.5)
    grid = tuple(np.minimum(np.linspace(0.07, np.sqrt(right), 24) ** 2, right).tolist())  # not 1/2 and a rounding
    for k, alpha in enumerate(sorted({row.alpha for row in rows})):
        for theory, style in ((bound, "--"), (typical, "-")):
            curve = theory(model, alpha, grid)
            ax.plot(grid, np.where(curve > _LOWEST, curve, np.nan), style, color=f"C{k}", lw=1.2)
        for s, source in enumerate(sources):
            here = [row for row in rows if row.alpha == alpha and row.simulation_source == source]
            shift = (s - (len(sources) - 1) / 2) * 0.012 * max(row.distance for row in rows)  # or they hide each other
            _points(ax, here, "distance", shift, color=f"C{k}", marker=_MARKERS[s % len(_MARKERS)], hollow=s > 0)
        ax.plot([], [], color=f"C{k}", label=rf"$\alpha = {alpha:.3g}$")
    ax.plot([], [], "--", color="0.3", lw=1.2, label=r"bound, $y = \infty$")
    ax.plot([], [], "-", color="0.3", lw=1.2, label="around typical solutions")
    for s, source in enumerate(sources):
        ax.plot([], [], _MARKERS[s % len(_MARKERS)], ms=4, color="0.3", mfc="w" if s else None, label=source)
    ax.axhline(0, color="0.8", lw=0.8)
    top, low = max(row.simulation for row in rows), min(row.simulation for row in rows)
    ax.set(xlabel="distance $d$", ylabel="local entropy (nats per weight)", xlim=(0, 1.03 * right))
    ax.set_ylim(min(_LOWEST, low + _LOWEST), 1.25 * top if top > 0 else 0.05)  # every marker whole
    ax.legend(frameon=False, fontsize=8.5, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _planted(ax: Axes, model: System, rows: Sequence[Row]) -> None:
    for k, alpha in enumerate(sorted({row.alpha for row in rows})):
        here = sorted((row for row in rows if row.alpha == alpha), key=lambda row: row.distance)
        ax.plot([row.distance for row in here], [row.theory for row in here], "--", color=f"C{k}", lw=1.2)
        _points(ax, here, "distance", color=f"C{k}", label=rf"$\alpha = {alpha:.3g}$")
    ax.plot([], [], "--", color="0.3", lw=1.2, label="first moment")
    ax.set(xlabel="distance $d$ from the planted solution", ylabel="local entropy (nats per variable)")
    ax.legend(frameon=False, fontsize=8.5)


def _scores(ax: Axes, model: System, rows: Sequence[Row]) -> None:
    kinds = list(dict.fromkeys((row.quantity, row.simulation_source) for row in rows))
    for band, shade in ((2, 0.12), (1, 0.18)):
        ax.axvspan(-band, band, color="0.4", alpha=shade, lw=0)
    for k, kind in enumerate(kinds):
        for limit in (False, True):
            z = [row.z for row in rows if (row.quantity, row.simulation_source) == kind and np.isinf(row.n) == limit]
            offset = np.linspace(-0.22, 0.22, len(z)) if len(z) > 1 else np.zeros(len(z))
            ax.plot(z, k + offset, "D" if limit else "o", ms=4, color="C3" if limit else "C0", mfc="none")
    ax.plot([], [], "oC0", mfc="none", ms=4, label="finite N")
    ax.plot([], [], "DC3", mfc="none", ms=4, label=r"$N = \infty$")
    ax.set_yticks(range(len(kinds)), [f"{quantity}\n{source}" for quantity, source in kinds], fontsize=8)
    ax.set_ylim(len(kinds) - 0.5, -0.5)
    reach = max(3.2, 1.1 * max(abs(row.z) for row in rows))
    ax.set(xlabel="$z$: (simulation − theory) / standard error", xlim=(-reach, reach))
    ax.legend(frameon=False, fontsize=8.5, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderaxespad=0.2)


def _points(
    ax: Axes,
    rows: Sequence[Row],
    place: str,
    shift: float = 0.0,
    *,
    color: str,
    label: str = "",
    marker: str = "o",
    hollow: bool = False,
) -> None:
    x: Any = [getattr(row, place) + shift for row in rows]
    error = np.nan_to_num([row.standard_error for row in rows])
    ax.errorbar(x, [row.simulation for row in rows], error, fmt=marker, ms=4, capsize=2, color=color,
                mfc="w" if hollow else None, label=label or None)  # fmt: skip


def _describe(model: System) -> str:
    if isinstance(model, RandomSatisfiability):
        return f"Random {model.k}-satisfiability"
    return f"{model.title or type(model).__name__}, κ = {float(np.asarray(model.kappa)):g}"
