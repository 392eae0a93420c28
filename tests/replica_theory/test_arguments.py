"""Checks of the numbers that users give: a fresh array of floats, or one sentence."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from replica_theory import BinaryPerceptron, CustomModel, TeacherStudent
from replica_theory.arguments import (
    BETA,
    POSITIVE,
    checked_alpha,
    checked_beta,
    checked_callable,
    checked_choice,
    checked_choices,
    checked_distance,
    checked_field,
    checked_flag,
    checked_integer,
    checked_integers,
    checked_kind,
    checked_mapping,
    checked_model,
    checked_number,
    checked_numbers,
    checked_path,
    checked_real,
    checked_signs,
    checked_text,
    shown,
)
from replica_theory.models.model import Model


def test_numbers_pass_as_floats_and_arrays_as_their_own():
    given = np.array([1, 2])
    taken = checked_real("x", given)
    assert taken.dtype == np.float64 and taken.tolist() == [1.0, 2.0] and not np.shares_memory(taken, given)
    assert type(checked_alpha(np.float32(0.5))) is float and checked_alpha([0.5, 1]).tolist() == [0.5, 1.0]
    assert checked_distance([[0, 0.5]]).shape == (1, 2) and checked_distance(0.25) == 0.25


@pytest.mark.parametrize("value", ["0.5", 0.5j, [[1], [1, 2]], {"a": 1}, object(), None, True, [0.5, True], [None]])
def test_what_is_no_real_number(value):
    for check, name in ((checked_alpha, "alpha"), (checked_distance, "distance")):
        with pytest.raises(TypeError, match=f"{name} must be a real number or an array of them; got "):
            check(value)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf, [0.5, 0.0]])
def test_loads_are_positive_and_finite(value):
    with pytest.raises(ValueError, match="alpha must be positive and finite; got "):
        checked_alpha(value)


@pytest.mark.parametrize("value", [-0.1, 0.51, np.nan, [0.1, 0.6]])
def test_distances_lie_between_zero_and_a_half(value):
    with pytest.raises(ValueError, match=r"distance must lie in \[0, 1/2\]; got "):
        checked_distance(value)


NO_NUMBERS = [None, True, np.True_, "1", b"1", 1j, [1j], ["1"], [True], [None], np.array([True]), {}, Decimal("1")]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_every_check_of_a_number_refuses_the_same(value):
    for check in (checked_real, checked_number, checked_numbers):
        with pytest.raises(TypeError, match=r"^x must be a real number( or an array of them)?; got "):
            check("x", value)
    for check in (checked_alpha, checked_distance, checked_beta):
        with pytest.raises(TypeError, match="must be a real number"):
            check(value)
    with pytest.raises(TypeError, match=r"^x must be a positive integer; got "):
        checked_integer("x", value)
    with pytest.raises(TypeError, match=r"^x must be a positive integer; got "):
        checked_integers("x", value)


def test_exact_numbers_are_numbers():
    assert checked_real("x", Fraction(1, 4)) == 0.25 and checked_number("x", np.array(2)) == 2.0
    assert checked_real("x", [Fraction(1, 4), 1]).tolist() == [0.25, 1.0]


def test_a_single_number():
    with pytest.raises(ValueError, match=r"^x must be a single number; got \[1, 2\]"):
        checked_number("x", [1, 2])
    with pytest.raises(ValueError, match=r"^beta must be non-negative \(inf counts solutions\); got nan"):
        checked_number("beta", np.nan, BETA)
    with pytest.raises(TypeError, match=r"^x must be a word or a number; got None"):
        checked_number("x", None, kind="a word or a number")
    assert checked_beta(np.inf) == np.inf


def test_of_many_numbers_the_one_that_is_refused_is_named():
    with pytest.raises(ValueError, match=r"^alpha must be positive and finite; entry 7 is -1\.0$"):
        checked_alpha(np.array([1.0] * 7 + [-1.0] + [1.0] * 90))
    with pytest.raises(ValueError, match=r"^alpha must be positive and finite; entry \(1, 0\) is nan$"):
        checked_alpha(np.array([[1.0] * 9, [np.nan] * 9]))


def test_several_different_numbers():
    assert checked_numbers("alpha", [0.5, 0.4], POSITIVE) == (0.5, 0.4) and checked_numbers("alpha", 1) == (1.0,)
    assert checked_integers("n", np.array([3, 2])) == (3, 2) and checked_integers("n", 5) == (5,)
    for check in (checked_numbers, checked_integers):
        with pytest.raises(ValueError, match=r"^n must hold at least one number; got "):
            check("n", [])
        with pytest.raises(ValueError, match=r"^n must hold different numbers; got \[2(.0)?, 2(.0)?\]"):
            check("n", [2, 2])


@pytest.mark.parametrize(
    ("bounds", "value", "error", "must"),
    [
        ((), 0, ValueError, "a positive integer"),
        ((0,), -1, ValueError, "a non-negative integer"),
        ((2,), 1, ValueError, "an integer of at least 2"),
        ((1, 5), 6, ValueError, "an integer from 1 to 5"),
        ((), 2.0, TypeError, "a positive integer"),
        ((), np.nan, TypeError, "a positive integer"),
    ],
)
def test_integers(bounds, value, error, must):
    with pytest.raises(error, match=rf"^n must be {must}; got {value!r}$"):
        checked_integer("n", value, *bounds)
    assert type(checked_integer("n", np.int16(5), *bounds)) is int


def test_words():
    checked_choice("method", "amp", ("exact", "amp"))
    for value, error in (("mc", ValueError), (3, TypeError), (None, TypeError), (["amp"], TypeError)):
        with pytest.raises(error, match=r"^method must be one of 'exact', 'amp'; got "):
            checked_choice("method", value, ("exact", "amp"))
    assert checked_choices("names", "a", "ab") == ("a",) and checked_choices("names", ["b", "a"], "ab") == ("b", "a")
    for value in ([], ["a", "a"]):
        with pytest.raises(ValueError, match=r"^names must be one or more different names; got \["):
            checked_choices("names", value, "ab")
    with pytest.raises(TypeError, match=r"^names must be one of 'a', 'b', or several; got 3"):
        checked_choices("names", 3, "ab")


def test_configurations_and_fields():
    assert checked_signs("weights", [1.0, -1.0], 2).dtype == np.int8
    assert checked_field("field", [1, 2], 2).tolist() == [1.0, 2.0]
    for check in (checked_signs, checked_field):
        with pytest.raises(ValueError, match=r"^w must have shape \(2,\); got shape \(3,\)$"):
            check("w", [1, 1, 1], 2)
    for bad in ([1, 0], [1, np.nan]):
        with pytest.raises(ValueError, match=r"^w must be ±1; entry 1 is (0 \(2\*x - 1 makes ±1 of 0 and 1\)|nan)$"):
            checked_signs("w", bad, 2)
    for bad in ([True, True], ["1", "1"], [1j, 1], [None, None]):
        with pytest.raises(ValueError, match=r"^w must be ±1; entry 0 is "):
            checked_signs("w", bad, 2)
        with pytest.raises(TypeError, match=r"^w must be real numbers; got dtype "):
            checked_field("w", bad, 2)
    with pytest.raises(ValueError, match=r"^w must be finite; entry 1 is inf$"):
        checked_field("w", [1, np.inf], 2)


def test_models():
    checked_model(BinaryPerceptron(), Model, "f", single=True, hard=True, random_labels=True)
    refused = [
        ("binary", {}, TypeError, r"model must be a Model such as BinaryPerceptron\(kappa=0\.0\); got 'binary'"),
        (BinaryPerceptron, {}, TypeError, "model must be a Model such as"),
        (BinaryPerceptron([0, 1]), {"single": True}, ValueError, "model must have a single kappa and beta; got Bin"),
        (BinaryPerceptron(0, 1.0), {"hard": True}, ValueError, "f counts solutions and needs beta = inf; got beta=1.0"),
        (TeacherStudent(), {"random_labels": True}, ValueError, "f needs random labels; got model=TeacherStudent"),
    ]
    for model, needs, error, sentence in refused:
        with pytest.raises(error, match=rf"^{sentence}"):
            checked_model(model, Model, "f", **needs)
    with pytest.raises(TypeError, match=r"^model must be a TeacherStudent; got BinaryPerceptron"):
        checked_model(BinaryPerceptron(), TeacherStudent)
    with pytest.raises(TypeError, match=r"^model must be a CustomModel; got ndarray"):
        checked_kind("model", np.ones(3), CustomModel)


def test_values_are_quoted_short():
    assert shown(np.float64(0.5)) == "0.5" and shown("a") == "'a'" and shown(np.array([0.5])) == "[0.5]"
    assert shown(np.ones((3, 4))) == "an array of shape (3, 4)"
    assert len(shown(list(range(1000)))) == 100 and "\n" not in shown("a\nb" * 100)


class Foreign:
    """What another library may pass: neither shown nor made an array of."""

    def __repr__(self):
        raise RuntimeError("no repr")

    def __array__(self, *_, **__):
        raise RuntimeError("no array")


@pytest.mark.parametrize(
    "value",
    [np.ma.masked_array([0.3, 0.4], mask=[0, 1]), np.ma.masked_array([0.3]), np.ma.masked, [0.3, np.ma.masked],
     bytearray(b"1"), memoryview(b"12"), Foreign(), [Foreign()], np.timedelta64(1), np.datetime64("2020-01-01")],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_numpy_would_make_numbers_of_without_a_word(value):
    """Masked entries, bytes, times; and what cannot even be quoted."""
    for check in (checked_real, checked_number):
        with pytest.raises(TypeError, match=r"^x must be a real number.*; got "):
            check("x", value)
    with pytest.raises(TypeError, match=r"^x must be a positive integer; got "):
        checked_integer("x", value)
    with pytest.raises((TypeError, ValueError), match=r"^x must (be|have) "):
        checked_signs("x", value, 2)
    with pytest.raises((TypeError, ValueError), match=r"^x must (be|have) "):
        checked_field("x", value, 2)


@pytest.mark.parametrize("value", [10**400, -(10**5000), np.longdouble("1e4000"), [10**400], [1.0, 10**400]], ids=type)
def test_numbers_beyond_doubles(value):
    """A number it is, but inf is not what was meant, nor is numpy's warning."""
    with pytest.raises(ValueError, match=r"^beta must be within the range of doubles; got "):
        checked_real("beta", value, BETA)
    assert checked_real("beta", 10**300, BETA) == 1e300 and checked_real("beta", np.longdouble("inf"), BETA) == np.inf


def test_flags_paths_mappings_and_functions():
    assert checked_flag("log", np.True_) is True and checked_flag("log", False) is False
    for value in (1, 0, None, "yes", [], np.array(True), np.array([True])):
        with pytest.raises(TypeError, match=r"^log must be True or False; got "):
            checked_flag("log", value)
    assert checked_path("path", "a/b") == "a/b" == checked_path("path", Path("a/b"))
    for value in (3, None, b"a", True, ["a"], Path):
        with pytest.raises(TypeError, match=r"^path must be a path \(text or a pathlib\.Path\); got "):
            checked_path("path", value)
    for value in ("", "a\0b"):
        with pytest.raises(ValueError, match=r"^path must be a path without null characters, and not empty; got '"):
            checked_path("path", value)
    assert checked_mapping("options", {"a": 1}) == {"a": 1}
    for value in ([("a", 1)], {1: 2}, "a", None):
        with pytest.raises(TypeError, match=r"^options must be a mapping of names to values; got "):
            checked_mapping("options", value)
    checked_callable("function", np.exp, "f(x)")
    with pytest.raises(TypeError, match=r"^function must be callable as f\(x\); got 3$"):
        checked_callable("function", 3, "f(x)")
    assert checked_text("device", "cuda", "a device") == "cuda"
    with pytest.raises(TypeError, match=r"^device must be a device; got 3$"):
        checked_text("device", 3, "a device")


def test_zeros_and_ones_are_no_signs():
    for bits in ([0, 1], [0.0, 1.0], [False, True]):
        with pytest.raises(ValueError, match=r"^labels must be ±1; .* \(2\*x - 1 makes ±1 of 0 and 1\)$"):
            checked_signs("labels", bits, 2)


def test_whatever_is_quoted_fits_in_a_line():
    for value in (Foreign(), 10**5000, "a\nb", "x" * 1000, np.ones((3, 3)), {"a": Foreign()}):
        assert 0 < len(shown(value)) <= 100 and "\n" not in shown(value)
