"""What is allowed never crashes, however extreme, and what comes out keeps the contract of results.

A scalar call may raise ConvergenceError, which carries the result; an array call keeps such points as NaN with their
status, and warns. ``--hypothesis-profile=audit`` tries 500 calls of each function.
"""

import warnings

import numpy as np
import pytest
from fuzz_draws import DRAWS
from hypothesis import HealthCheck, Phase, given, settings

from replica_theory import ConvergenceError, ConvergenceWarning, EntropyCurve, StateEvolution, Status
from replica_theory.results.grid import GridResult
from replica_theory.results.labelled import Labelled

AUDIT = settings.default.max_examples != 100
LOG_2 = np.log(2)


def outcome(function, arguments):
    """The result, also that of a ConvergenceError, and whether it was raised or warned that something is lost."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result, raised = function(**arguments), False
        except ConvergenceError as error:
            result, raised = error.result, True
            assert str(error)
    foreign = [str(one.message) for one in caught if not issubclass(one.category, ConvergenceWarning)]
    assert not foreign, foreign
    return result, raised, bool(caught)


def check(result, raised, warned, arguments):
    if isinstance(result, GridResult) and not isinstance(result, StateEvolution):
        check_points(result, raised, warned, arguments)
    if isinstance(result, Labelled):
        assert repr(result) and result == result and result.message and result._repr_html_()
        assert result.to_csv().count("\n") >= 1
    elif isinstance(result, float | np.ndarray):
        assert not np.isnan(result).any() or raised


def check_points(result, raised, warned, arguments):
    status = np.array(result._ends(), dtype=object).reshape(np.shape(result.status))
    given_shapes = [
        np.shape(arguments[name]) for name in ("alpha", "distance", "gamma", "y", "times") if name in arguments
    ]
    of_model = [np.shape(arguments["model"].kappa), np.shape(arguments["model"].beta)] if "model" in arguments else []
    shape = np.broadcast_shapes(*of_model, *given_shapes)
    main = np.asarray(getattr(result, result._main))
    assert status.shape == shape == main.shape
    assert all(isinstance(one, Status) for one in status.ravel())
    ok = np.asarray(result.converged)
    assert ok.shape == shape and np.isnan(main[~ok]).all()
    assert not np.isnan(main[ok]).any()
    assert (ok.all() and not raised) or (raised if shape == () else warned)
    error = np.full(shape, np.nan) if result.error is None else np.asarray(result.error)
    error = error[ok]
    assert (error >= 0).all() or np.isnan(error).all()
    if result._main == "entropy":
        assert (
            main[ok] <= bound(result, main)[ok] + 1e-9 + np.nan_to_num(np.broadcast_to(error, main[ok].shape))
        ).all()


def bound(result, main):
    """Entropy of all configurations that there are, at the distance if there is one."""
    if not isinstance(result, EntropyCurve):
        return np.full(main.shape, LOG_2)
    if result.settings.get("function") == "tuple_entropy":
        return np.full(main.shape, result.settings["m"] * LOG_2)
    d = np.broadcast_to(result.distance, main.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(-d * np.log(d) - (1 - d) * np.log1p(-d))


@pytest.mark.parametrize("name", [name for name, draw in DRAWS.items() if AUDIT or draw.few])
def test_allowed_calls(name):
    draw = DRAWS[name]

    @given(arguments=draw.arguments)
    @settings(max_examples=500 if AUDIT else draw.few, deadline=None, database=None, derandomize=True,
              phases=(Phase.generate,), suppress_health_check=list(HealthCheck))  # fmt: skip
    def fuzzed(arguments):
        check(*outcome(draw.function, arguments), arguments)

    fuzzed()
