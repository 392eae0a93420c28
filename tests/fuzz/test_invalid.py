"""What is not allowed is refused: one bad argument of any kind among good ones, in every public call.

The suite calls everything with every odd value there is, and with a few that hypothesis makes up;
``--hypothesis-profile=audit`` makes up 500 for each call.
"""

import inspect
import re
import warnings

import numpy as np
import pytest
from fuzz_calls import CALLS
from fuzz_kinds import ODD, values
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bp import Instance
from replica_theory import BinaryPerceptron

SAYS = re.compile(r"\b(must|needs|takes|cannot)\b")
MADE_UP = max(20, settings.default.max_examples if settings.default.max_examples != 100 else 0)


def refusal(call, arguments):
    """The sentence in which a call refuses; fails if it does anything else, even a warning of numpy."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((ValueError, TypeError)) as caught:
            call.function(**arguments)
    assert not isinstance(caught.value, Warning), caught.value
    return str(caught.value)


def check(call, name, value):
    sentence = refusal(call, call.usual() | {name: value})
    assert re.search(rf"\b{name}\b", sentence) and SAYS.search(sentence), f"{name}: {sentence!r}"
    assert len(sentence) < 700 and "\n" not in sentence, sentence


@pytest.mark.parametrize("name", CALLS)
def test_every_odd_value(name):
    """Of every argument in turn, the others allowed."""
    call = CALLS[name]
    for argument, kind in call.kinds.items():
        made = {label: make() for label, make in ODD.items()} | {f"own {k}": one for k, one in enumerate(kind.odd)}
        for label, value in made.items():
            if not kind.allows(value):
                try:
                    check(call, argument, value)
                except (Exception, pytest.fail.Exception) as error:
                    pytest.fail(f"{name}({argument}={label}): {type(error).__name__}: {error}")


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.kinds])
def test_values_made_up(name):
    call = CALLS[name]

    @given(argument=st.sampled_from(list(call.kinds)), value=values())
    @settings(max_examples=MADE_UP, deadline=None, database=None, derandomize=True,
              suppress_health_check=[HealthCheck.filter_too_much])  # fmt: skip
    def fuzzed(argument, value):
        assume(not call.kinds[argument].allows(value))
        check(call, argument, value)

    fuzzed()


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if not call.open])
def test_unknown_keyword(name):
    call = CALLS[name]
    assert "nonsense" in refusal(call, call.usual() | {"nonsense": 1})


@pytest.mark.parametrize("name", CALLS)
def test_every_argument_is_in_the_table(name):
    parameters = inspect.signature(CALLS[name].function).parameters.values()
    assert {p.name for p in parameters if p.kind is not p.VAR_KEYWORD} <= CALLS[name].kinds.keys()


def test_refusals_change_nothing():
    """Arrays that were given are as they were, and so is the object that refused."""
    patterns, labels = np.array([[1, -1, 1], [1, 1, -1]]), np.array([1, 0])
    kept = patterns.copy(), labels.copy()
    with pytest.raises(ValueError, match="labels"):
        Instance(patterns, labels)
    assert np.array_equal(patterns, kept[0]) and np.array_equal(labels, kept[1]) and patterns.flags.writeable
    model = BinaryPerceptron(0.1)
    with pytest.raises(ValueError, match="kappa"):
        model.at(kappa=np.nan)
    assert model == BinaryPerceptron(0.1)
