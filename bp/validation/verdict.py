"""What the rows of a crosscheck say together: one p-value, for rows that share their instances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bp.validation.table import Row

RARE = 0.01
"""Theory and simulation disagree where chance alone gives such a table less often."""


@dataclass(frozen=True)
class Verdict:
    """Outcome of `verdict`.

    Attributes
    ----------
    p_value : float
        How often chance alone gives a table that is at least as far from what is expected; NaN if no row can judge.
    rows : int
        Rows that judge.
    worst : Row or None
        The one with the least p-value of its own.
    """

    p_value: float
    rows: int
    worst: Row | None

    @property
    def agrees(self) -> bool:
        """Whether the table is no rarer than chance gives once in a hundred; False if no row can judge."""
        return self.p_value >= RARE

    @property
    def message(self) -> str:
        """The verdict in a sentence or two."""
        if self.worst is None:
            return "No row can judge: none has a value with an error where theory says what to expect."
        row = self.worst
        size = "∞" if np.isinf(row.n) else f"{row.n:.0f}"
        place = " ".join(filter(None, (f"alpha={row.alpha:.3g}", f"N={size}", row.where)))
        found = f"{row.quantity} ({row.theory_source} ↔ {row.simulation_source}) at {place}, z = {row.z:.2f}"
        end = "theory and simulation agree" if self.agrees else "theory and simulation disagree"
        who = "One row gives" if self.rows == 1 else f"Together {self.rows} rows give"
        return f"{who} p = {self.p_value:.2g}: {end}. Farthest: {found}, p = {row.p_value:.2g} alone."


def verdict(rows: Sequence[Row]) -> Verdict:
    r"""One p-value for a table.

    Rows of one load come from the same instances, often from the same chains or messages: they are not so many
    independent witnesses. From the p-values :math:`p_{(1)}\le\dots\le p_{(m)}` of the single rows (`Row.p_value`:
    Student's t with the row's degrees of freedom, two-sided for what should be equal, one-sided for bounds)

    .. math:: p = \min_k \frac mk\,p_{(k)}

    (Simes), which one row far away makes small, and so do many that are somewhat off. It is below `x` with probability
    `x` if the rows are independent, and also if they are all the same; in between, for positive dependence of the
    deviations, with less (Benjamini and Yekutieli). Nothing has to be known of the correlations, which a few instances
    could not tell.

    Where there are rows of :math:`N = \infty` these judge; the sizes that they were made of differ from theory by
    corrections in 1/N. At a single size such corrections count as disagreement. Rows marked ``"near"``, without scatter
    or without a value on some instances do not judge.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    Verdict

    References
    ----------
    Simes, Biometrika 73, 751 (1986). Benjamini and Yekutieli, Annals of Statistics 29, 1165 (2001).

    Examples
    --------
    >>> row = Row("entropy", 0.4, 1001, "theory", "BP", "equal", z=2.0, dof=7)
    >>> round(row.p_value, 4), round(verdict([row]).p_value, 4), round(verdict([row, row, row]).p_value, 4)
    (0.0856, 0.0856, 0.0856)
    """
    judges = sorted((row for row in _decisive(rows) if np.isfinite(row.p_value)), key=lambda row: row.p_value)
    if not judges:
        return Verdict(np.nan, 0, None)
    p = np.array([row.p_value for row in judges])
    combined = float(np.min(p * len(p) / np.arange(1, len(p) + 1)))
    return Verdict(combined, len(judges), judges[0])


def _decisive(rows: Sequence[Row]) -> list[Row]:
    """The rows of N = infinity, and those of a size where no extrapolation was made of them."""
    extrapolated = {_kind(row) for row in rows if np.isinf(row.n)}
    return [row for row in rows if np.isinf(row.n) or _kind(row) not in extrapolated]


def _kind(row: Row) -> tuple[str, ...]:
    return row.quantity, row.theory_source, row.simulation_source, row.where
