"""Rows of the table: one quantity, two sources, the difference in standard errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import stdtr

from bp.ensembles.fit import fitted
from replica_theory.results.contents import checked_contents
from replica_theory.results.presentation import equal
from replica_theory.status import Status
from replica_theory.typing import Array

Expected = Literal["equal", "above", "below", "near"]

_NO_SCATTER = 1e-12  # a standard error below this is rounding
_SPARE = 4  # instances beyond the coefficients of a regression on control variates


@dataclass(frozen=True)
class Row:
    r"""One comparison; rows with equal contents are equal, NaN being equal to itself.

    Attributes
    ----------
    quantity : str
    alpha : float
        Load P/N of the instances (the one asked for, up to rounding of P); extrapolated rows: the one asked for.
    n : float
        Number of weights; ``inf``: extrapolated in 1/N from several sizes.
    theory_source, simulation_source : str
        What gave the two values.
    expected : {"equal", "above", "below", "near"}
        Where the simulation should lie: on the theory; above or below it, as it samples another place than the theory
        speaks of; or near it, where one of the two is an approximation.
    distance, gamma, y, beta, iteration : float
        What else the quantity depends on; NaN where it does not.
    assumption : str
        For rows that are not exact: the assumption that fails, or what was left out; `discrepancy` says by how much.
    theory, simulation : float
        The two values. That of the simulation is the mean over the instances; where functions of the patterns with
        known mean explain part of the scatter (`bp.ensembles.control_variates`), it is the intercept of the
        regression on them.
    standard_error : float
        Of the simulation, estimated from the same instances.
    theory_error : float
        Standard error of a theory that is sampled itself; 0 of others.
    z : float
        Simulation minus theory in standard errors; where theory has one as well, in the root of the sum of both
        squares. That of the simulation being estimated, `z` follows Student's t distribution with `dof` degrees of
        freedom, not a Gaussian (with an error of theory it is closer to one): with 3 it is beyond ±3.2 once in 20
        times. NaN where the instances do not scatter (compare the values themselves).
    samples : int
        Instances that contributed (those where the measurement converged).
    missing : int
        Instances without a value.
    dof : float
        Degrees of freedom of the standard error; of an extrapolation those of Welch and Satterthwaite, which are fewer
        than all sizes have together (``bp.ensembles.fit.fitted``).
    """

    quantity: str
    alpha: float
    n: float
    theory_source: str
    simulation_source: str
    expected: Expected
    distance: float = np.nan
    gamma: float = np.nan
    y: float = np.nan
    beta: float = np.nan
    iteration: float = np.nan
    assumption: str = ""
    theory: float = np.nan
    simulation: float = np.nan
    standard_error: float = np.nan
    theory_error: float = 0.0
    z: float = np.nan
    samples: int = 0
    missing: int = 0
    dof: float = 0.0

    def __post_init__(self) -> None:
        checked_contents(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return NotImplemented
        return all(equal(getattr(self, field.name), getattr(other, field.name)) for field in fields(self))

    def __hash__(self) -> int:
        return hash((self.quantity, self.theory_source, self.simulation_source))  # none of them can be NaN

    @property
    def status(self) -> Status:
        """Whether the row has its numbers.

        ``OUT_OF_RANGE`` where theory has no value; ``MAX_ITERATIONS`` where the simulation has no mean or no standard
        error, as the measurement converged on too few instances; else ``CONVERGED``.
        """
        if not np.isfinite(self.theory):
            return Status.OUT_OF_RANGE
        measured = np.isfinite(self.simulation) and np.isfinite(self.standard_error)
        return Status.CONVERGED if measured else Status.MAX_ITERATIONS

    @property
    def complete(self) -> bool:
        """Whether all instances have a value, but for one in fifty."""
        return 50 * self.missing <= self.samples + self.missing

    @property
    def p_value(self) -> float:
        """How often chance alone takes the simulation at least as far from where it should be.

        By Student's t with `dof` degrees of freedom: on either side of the theory (``"equal"``), or below or above what
        is a bound (``"above"``, ``"below"``). NaN for ``"near"``, where there is no `z`, and where the row is not
        `complete`: the instances that have a value may differ from the others.
        """
        sides = {"equal": -abs(self.z), "above": self.z, "below": -self.z}
        if self.expected not in sides or not self.complete or not self.dof > 0:
            return np.nan
        tail = float(stdtr(self.dof, sides[self.expected]))
        return 2 * tail if self.expected == "equal" else tail

    @property
    def discrepancy(self) -> float:
        """Simulation minus theory."""
        return self.simulation - self.theory

    @property
    def where(self) -> str:
        """The parameters beside load and size, as text."""
        names = {"distance": "d", "gamma": "γ", "y": "y", "beta": "β", "iteration": "t"}
        values = {short: getattr(self, name) for name, short in names.items()}
        return " ".join(f"{short}={value:.3g}" for short, value in values.items() if not np.isnan(value))


class Values(NamedTuple):
    """A quantity on the instances of one size.

    Attributes
    ----------
    n : int
    load : float
        P/N.
    theory : float
        The other side, at this load.
    values : array, shape (samples,)
        NaN where there is none.
    control_variates : array, shape (samples, c)
        Functions of the patterns with mean zero; c may be 0.
    theory_error : float
        Standard error of the theory; that of other sizes is taken to be the same deviation.
    """

    n: int
    load: float
    theory: float
    values: Array
    control_variates: Array
    theory_error: float = 0.0


def compare(
    row: Row, sizes: Sequence[Values], limit: float | Callable[[float], float], *, each: bool = True, order: int = 1
) -> list[Row]:
    """Rows of every size (if `each`), and of N = infinity where there are several.

    Parameters
    ----------
    row : Row
        What is compared, without numbers; its load is the one asked for.
    sizes : sequence of Values
    limit : float or callable
        Theory at the load asked for; a function of the load is called only where there is something to extrapolate.
    each : bool
        Whether every size gets a row, besides the limit.
    order : int
        Highest power of 1/N in the extrapolation.
    """
    rows = [_at_size(row, size) for size in sizes]
    if len(rows) == 1:
        return rows
    value = limit(row.alpha) if callable(limit) else limit
    return [*(rows if each else ()), _limit(row, rows, value, order)]


def _missing(row: Row, count: int, total: int) -> Row:
    """The row, saying that some instances are left out; it is exact no more where they are one in fifty."""
    row = replace(row, samples=total - count, missing=count)
    if not count:
        return row
    note = f"no value on {count} of {total}"
    exact = row.expected == "equal" and row.complete
    expected: Expected = row.expected if exact or row.expected != "equal" else "near"
    return replace(row, assumption="; ".join(filter(None, (row.assumption, note))), expected=expected)


def _at_size(row: Row, size: Values) -> Row:
    usable = np.isfinite(size.values)
    mean, error, dof = _mean(size.values[usable], size.control_variates[usable])
    z = (mean - size.theory) / np.hypot(error, size.theory_error) if error > _NO_SCATTER else np.nan
    row = _missing(row, int(np.sum(~usable)), len(usable))
    row = replace(row, alpha=size.load, n=float(size.n), dof=dof)
    row = replace(row, theory=size.theory, theory_error=size.theory_error)
    return replace(row, simulation=mean, standard_error=error, z=float(z))


def _mean(values: Array, variates: Array) -> tuple[float, float, float]:
    """Mean, its standard error, degrees of freedom; by regression on the control variates, if instances are enough."""
    count, k = variates.shape
    if count < 2:
        return (float(values.mean()) if count else np.nan), np.nan, 0.0
    if count < 1 + k + _SPARE:
        k = 0
    design = np.column_stack([np.ones(count), variates[:, :k]])
    solution = np.linalg.lstsq(design, values, rcond=None)[0]
    dof = float(count - 1 - k)
    variance = float(np.sum((values - design @ solution) ** 2)) / dof
    return float(solution[0]), float(np.sqrt(variance * np.linalg.pinv(design.T @ design)[0, 0])), dof


def _limit(row: Row, rows: Sequence[Row], limit: float, order: int) -> Row:
    """The polynomial in 1/N through the discrepancies; theory plus its intercept stands for the simulation."""
    n, gaps, errors, count, degrees = (
        np.array([getattr(r, name) for r in rows], dtype=np.float64)
        for name in ("n", "discrepancy", "standard_error", "samples", "dof")
    )
    fit = fitted(n, gaps, errors, count, degrees, order)
    gap, error = float(fit.coefficients[0]), float(np.sqrt(fit.covariance[0, 0]))
    worst = max(rows, key=lambda r: r.expected == "near")
    row = replace(row, n=np.inf, expected=worst.expected, assumption=worst.assumption)
    samples, missing = sum(r.samples for r in rows), sum(r.missing for r in rows)
    row = replace(row, samples=samples, missing=missing, dof=fit.degrees if np.isfinite(error) else 0.0)
    error = error if not error <= _NO_SCATTER else 0.0
    own = max(r.theory_error for r in rows)
    z = gap / float(np.hypot(error, own)) if error else np.nan
    return replace(row, theory=limit, theory_error=own, simulation=limit + gap, standard_error=error, z=z)
