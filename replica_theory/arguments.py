"""Checks of what users give: one rule and one sentence each, for both packages.

Every sentence names the argument, what is allowed and what was given. What is of another kind (text, None, booleans,
complex numbers) is a TypeError, a number or a word that is out of range (NaN always is) a ValueError.
"""

from __future__ import annotations

import numbers
import os
import warnings
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import isabstract
from typing import Any, NamedTuple, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray

from replica_theory.typing import Array, ArrayLike

_T = TypeVar("_T")

_FEW = 8
"""Entries up to which all of an array is quoted; of a longer one the first that is refused."""
_LONG = 100
"""Characters up to which a value is quoted whole."""
_DIGITS = 1 << 12
"""Bits up to which an integer is written out: the interpreter refuses to print very long ones."""


class Allowed(NamedTuple):
    """Which numbers are allowed: what the sentence says after "must", and the test, entry by entry."""

    must: str
    test: Callable[[Array], Any]


FINITE = Allowed("be finite", np.isfinite)
POSITIVE = Allowed("be positive and finite", lambda x: (x > 0) & (x < np.inf))
NON_NEGATIVE = Allowed("be finite and non-negative", lambda x: (x >= 0) & (x < np.inf))
COUNT = Allowed("be non-negative", lambda x: x >= 0)
BETA = Allowed("be non-negative (inf counts solutions)", lambda x: x >= 0)
DISTANCE = Allowed("lie in [0, 1/2]", lambda x: (x >= 0) & (x <= 0.5))
AWAY = Allowed("lie in (0, 1/2]", lambda x: (x > 0) & (x <= 0.5))
FRACTION = Allowed("be in [0, 1)", lambda x: (x >= 0) & (x < 1))


def checked_real(name: str, value: Any, allowed: Allowed | None = None) -> ArrayLike:
    """The argument as a float or a fresh float array.

    Raises
    ------
    TypeError
        If it is not a real number or an array of them (booleans and text that spells a number are refused too).
    ValueError
        If a number is not allowed.
    """
    array = _real(name, value, "a real number or an array of them")
    if allowed is not None:
        _require(name, value, array, allowed)
    return float(array) if array.ndim == 0 else array


def checked_number(name: str, value: Any, allowed: Allowed | None = None, *, kind: str = "a real number") -> float:
    """The argument as a float; arrays are refused.

    Parameters
    ----------
    name : str
    value : object
    allowed : Allowed, optional
    kind : str
        What the argument may be, where that is more than a number.

    Raises
    ------
    TypeError, ValueError
        If it is not a real number, or not an allowed one.
    """
    array = _real(name, value, kind)
    if array.ndim:
        raise ValueError(f"{name} must be a single number; got {shown(value)}")
    if allowed is not None:
        _require(name, value, array, allowed)
    return float(array)


def checked_numbers(name: str, values: Any, allowed: Allowed | None = None) -> tuple[float, ...]:
    """One or several different numbers, in the order given.

    Raises
    ------
    TypeError, ValueError
        If they are not real numbers, one is not allowed, there is none, or one stands twice.
    """
    return _different(name, np.ravel(checked_real(name, values, allowed)).tolist())


def checked_integer(name: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """The argument as an int from `least` to `most`.

    Raises
    ------
    TypeError, ValueError
        If it is not an integer (nor is 2.0 or True), or out of range.
    """
    must = {0: "a non-negative integer", 1: "a positive integer"}.get(least, f"an integer of at least {least}")
    if most is not None:
        must = f"an integer from {least} to {most}"
    if not is_integer(value):
        raise TypeError(f"{name} must be {must}; got {shown(value)}")
    if value < least or (most is not None and value > most):
        raise ValueError(f"{name} must be {must}; got {shown(value)}")
    return int(value)


def checked_integers(name: str, values: Any, least: int = 1) -> tuple[int, ...]:
    """One or several different integers of at least `least`, in the order given.

    Raises
    ------
    TypeError, ValueError
        If one is not an integer or out of range, there is none, or one stands twice.
    """
    plain = isinstance(values, np.ndarray) and not isinstance(values, np.ma.MaskedArray)
    listed = values.ravel().tolist() if plain else values
    if isinstance(listed, str | bytes | bytearray | memoryview | Mapping) or not is_listed(listed):
        listed = [listed]
    return _different(name, [checked_integer(name, value, least) for value in listed])


def checked_alpha(alpha: Any) -> ArrayLike:
    """Loads: positive and finite, as float or array.

    Raises
    ------
    TypeError, ValueError
        If it is not a positive finite number or an array of them.
    """
    return checked_real("alpha", alpha, POSITIVE)


def checked_distance(distance: Any) -> ArrayLike:
    """Distances in [0, 1/2], as float or array.

    Raises
    ------
    TypeError, ValueError
        If it is not a number in [0, 1/2] or an array of them.
    """
    return checked_real("distance", distance, DISTANCE)


def checked_beta(beta: Any) -> float:
    """A single inverse temperature, non-negative; inf counts solutions.

    Raises
    ------
    TypeError, ValueError
        If it is something else.
    """
    return checked_number("beta", beta, BETA)


def checked_rng(rng: Any) -> None:
    """Refuse what numpy makes no source of randomness of.

    Raises
    ------
    TypeError, ValueError
        If `rng` is no integer of at least 0, SeedSequence, Generator or None.
    """
    known = rng is None or is_integer(rng) or isinstance(rng, np.random.SeedSequence | np.random.Generator)
    if not known or (is_integer(rng) and rng < 0):
        error = ValueError if is_integer(rng) else TypeError
        raise error(f"rng must be a non-negative integer, a SeedSequence, a Generator or None; got {shown(rng)}")


def checked_choice(name: str, value: Any, known: Iterable[str]) -> None:
    """Refuse a word that is not among the known ones.

    Raises
    ------
    TypeError, ValueError
        If it is no word, or an unknown one.
    """
    words = list(known)
    if not isinstance(value, str) or value not in words:
        error = ValueError if isinstance(value, str) else TypeError
        raise error(f"{name} must be one of {', '.join(map(repr, words))}; got {shown(value)}")


def checked_flag(name: str, value: Any) -> bool:
    """The argument as True or False; nothing else is taken for one of them.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False; got {shown(value)}")
    return bool(value)


def checked_text(name: str, value: Any, such: str) -> str:
    """The argument, a word that is looked up later; `such` says what it may be.

    Raises
    ------
    TypeError
        If it is no text.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be {such}; got {shown(value)}")
    return value


def checked_path(name: str, value: Any) -> str:
    """The argument as the path of a file or folder.

    Raises
    ------
    TypeError, ValueError
        If it is no path, is empty, or holds a character that no path can have.
    """
    text = value if isinstance(value, str) else value.__fspath__() if _is_path(value) else None
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a path (text or a pathlib.Path); got {shown(value)}")
    if not text or "\0" in text:
        raise ValueError(f"{name} must be a path without null characters, and not empty; got {shown(value)}")
    return text


def checked_callable(name: str, value: Any, such: str) -> None:
    """Refuse what cannot be called; `such` shows how it is.

    Raises
    ------
    TypeError
        If it is no function or other callable.
    """
    if not callable(value):
        raise TypeError(f"{name} must be callable as {such}; got {shown(value)}")


def checked_mapping(name: str, value: Any) -> dict[str, Any]:
    """A mapping with words for keys, as a fresh dict.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise TypeError(f"{name} must be a mapping of names to values; got {shown(value)}")
    return dict(value)


def checked_choices(name: str, values: Any, known: Iterable[str]) -> tuple[str, ...]:
    """One or several different words among the known ones.

    Raises
    ------
    TypeError, ValueError
        If one is unknown, there is none, or one stands twice.
    """
    words, known = [values] if isinstance(values, str) else values, list(known)
    if not is_listed(words):
        raise TypeError(f"{name} must be one of {', '.join(map(repr, known))}, or several; got {shown(values)}")
    words = list(words)
    for word in words:
        checked_choice(name, word, known)
    if not words or len(set(words)) < len(words):
        raise ValueError(f"{name} must be one or more different names; got {shown(values)}")
    return tuple(words)


def checked_kind(name: str, value: Any, *kinds: type[Any], such: str = "") -> None:
    """Refuse what is of none of some classes; `such` is an example of what is meant.

    Raises
    ------
    TypeError
        If it is of another class.
    """
    if not isinstance(value, kinds):
        allowed = " or ".join(f"{'an' if kind.__name__[0] in 'AEIOU' else 'a'} {kind.__name__}" for kind in kinds)
        example = f" such as {such}" if such else ""
        given = type(value).__name__ if isinstance(value, np.ndarray | list | tuple | dict | set) else shown(value)
        raise TypeError(f"{name} must be {allowed}{example}; got {given}")


def checked_model(
    model: Any,
    kind: type[Any],
    door: str = "",
    *,
    single: bool = False,
    hard: bool = False,
    random_labels: bool = False,
    any_weights: bool = False,
    weights: tuple[str, ...] = ("binary",),
    units: tuple[str, ...] = (),
    weighted: bool = False,
    mixtures: bool = False,
    instead: str = "",
) -> None:
    """Refuse what is no model of a class, or lacks what a function asks of it.

    Parameters
    ----------
    model : object
    kind : type
        The class.
    door : str
        Name of the function, for the sentence.
    single : bool
        Whether kappa and beta must be numbers, not arrays.
    hard : bool
        Whether beta must be inf.
    random_labels : bool
        Whether there must be no teacher; `instead` names the function for one.
    any_weights : bool
        Whether the weights may be whatever they are.
    weights : tuple of str
        Otherwise the kinds that they may be: "binary", "spherical", "discrete", "symmetric" (discrete, of levels
        symmetric about 0, without a prior).
    units : tuple of str
        Which hidden layers are known beside none: "infinite", "finite".
    weighted : bool
        Whether patterns may have weights of their own.
    mixtures : bool
        Whether mixtures of pattern classes are known.
    instead : str

    Raises
    ------
    TypeError, ValueError
        If it is of another class, or lacks something.
    """
    checked_kind("model", model, kind, such="BinaryPerceptron(kappa=0.0)" if isabstract(kind) else "")
    if single and (np.ndim(model.kappa) or np.ndim(model.beta)):
        raise ValueError(f"model must have a single kappa and beta; got {shown(model)}")
    checked_units(model, units)
    if not weighted:
        checked_unweighted(model)
    if not mixtures:
        checked_one_class(model)
    if not any_weights:
        checked_weights(model, weights)
    if random_labels and model.has_teacher:
        other = f"; for a teacher see {instead}" if instead else ""
        raise ValueError(f"{door} needs random labels{other}; got model={shown(model)}")
    if hard and np.isfinite(model.beta).any():
        raise ValueError(f"{door} counts solutions and needs beta = inf; got beta={shown(model.beta)} in the model")


def checked_units(model: Any, kinds: tuple[str, ...] = ()) -> None:
    """Refuse a model with a hidden layer of another kind than the known ones: "infinite", "finite" numbers of units.

    Raises
    ------
    ValueError
        If it has one.
    """
    if model.hidden and model.hidden not in kinds:
        known = " or ".join(f"one of {'infinitely' if kind == 'infinite' else 'finitely'} many units" for kind in kinds)
        allowed = f"have no hidden layer, or {known}" if kinds else "have no hidden layer"
        raise ValueError(f"model must {allowed} here; got {shown(model)}")


def checked_unweighted(model: Any, name: str = "model") -> None:
    """Refuse a model whose patterns have weights of their own, where solutions are counted.

    Raises
    ------
    ValueError
        If it is one.
    """
    if model.is_weighted:
        raise ValueError(f"{name} must count configurations here, not weigh them; got {shown(model)}")


def checked_one_class(model: Any) -> None:
    """Refuse a mixture of pattern classes, where none is known.

    Raises
    ------
    ValueError
        If it is one.
    """
    if model.is_mixture:
        raise ValueError(f"model must be of one class of patterns here; got {shown(model)}")


def checked_binary(model: Any) -> None:
    """Refuse a model whose weights are not binary, that has a hidden layer or is a mixture, where none is known.

    Raises
    ------
    ValueError
        If it is another one.
    """
    checked_units(model)
    checked_one_class(model)
    checked_weights(model, ("binary",))


def checked_weights(model: Any, kinds: tuple[str, ...]) -> None:
    """Refuse a model whose weights are of none of some kinds.

    These are "binary", "spherical", and of levels "discrete" (any), "plain" (without a prior) and "symmetric" (plain,
    about 0).

    Raises
    ------
    ValueError
        If they are others.
    """
    weights = model.weights
    plain = not weights.name and not weights.has_prior
    own = {weights.name or "discrete"} | ({"plain"} if plain else set())
    own |= {"symmetric"} if plain and weights.is_even else set()
    if not own & set(kinds):
        words = {"symmetric": "of symmetric levels without a prior", "plain": "of levels without a prior"}
        allowed = " or ".join(words.get(kind, kind) for kind in kinds)
        raise ValueError(f"weights of the model must be {allowed} here; got weights={shown(weights)}")


def checked_signs(name: str, values: Any, size: int) -> NDArray[np.int8]:
    """A fresh configuration of ±1 of a given size as int8.

    Raises
    ------
    TypeError, ValueError
        If it is no array, has another shape, or an entry that is not ±1.
    """
    array = _shaped(name, checked_array(name, values, "±1"), size)
    bad = np.flatnonzero((array != 1) & (array != -1)) if array.dtype.kind in "iuf" else np.arange(size)
    if len(bad):
        remedy = " (2*x - 1 makes ±1 of 0 and 1)" if _are_bits(array) else ""
        raise ValueError(f"{name} must be ±1; entry {int(bad[0])} is {shown(array[bad[0]])}{remedy}")
    return array.astype(np.int8)


def checked_field(name: str, values: Any, size: int) -> Array:
    """Finite real numbers of a given size, as a fresh array of doubles.

    Raises
    ------
    TypeError, ValueError
        If they are not real numbers, have another shape, or one is not finite.
    """
    array = checked_array(name, values, "real numbers")
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be real numbers; got dtype {array.dtype}")
    with np.errstate(over="ignore"):
        array = _shaped(name, array, size).astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(array))
    if len(bad):
        raise ValueError(f"{name} must be finite; entry {int(bad[0])} is {array[bad[0]]}")
    return array


def checked_array(name: str, values: Any, must: str) -> NDArray[Any]:
    """The argument as a plain numpy array of any dtype, not copied if it is one; `must` says what it is to hold.

    Raises
    ------
    TypeError
        If numpy makes no array of it, or entries are masked: which value would stand for them?
    """
    array = _array_of(values)
    if array is None:
        remedy = "; fill the masked entries first" if isinstance(values, np.ma.MaskedArray) else ""
        raise TypeError(f"{name} must be an array of {must}; got {shown(values)}{remedy}")
    return array


def number_of(text: str) -> float:
    """A number of a command line, for argparse.

    Raises
    ------
    argparse.ArgumentTypeError
        With the sentence of `checked_number`.
    """
    try:
        return float(text)
    except ValueError:
        raise ArgumentTypeError(f"must be a real number; got {text!r}") from None


def integer_of(text: str) -> int:
    """An integer of a command line, for argparse.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"must be an integer; got {text!r}") from None


def word_of(known: Iterable[str]) -> Callable[[str], str]:
    """What reads a word of a command line, for argparse: one of the known ones, or the sentence of `checked_choice`."""

    def word(text: str) -> str:
        try:
            checked_choice("", text, known)
        except ValueError as error:
            raise ArgumentTypeError(str(error).strip()) from None
        return text

    return word


def shown(value: Any) -> str:
    """A value as an error quotes it, in one line: numbers as they are printed, long things by their kind and size."""
    try:
        text = _text(value)
    except Exception:  # whatever a foreign repr raises
        text = f"an object of {type(value).__name__}"
    text = " ".join(text.split()) if len(text) > _LONG or not text.isprintable() else text
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"


def is_integer(value: Any) -> TypeGuard[int]:
    """Whether a value is an integer, Python's or numpy's; booleans and lengths of time are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool | np.timedelta64)


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return str(value) if value.size <= _FEW else f"an array of shape {value.shape}"
    if isinstance(value, np.generic):
        return str(value)
    if isinstance(value, int) and value.bit_length() > _DIGITS:
        return f"an integer of {value.bit_length()} bits"
    return repr(value)


def _real(name: str, value: Any, must: str) -> Array:
    """A fresh array of doubles; `must` says what the argument is to be."""
    if type(value) is float or (type(value) is np.ndarray and value.dtype == np.float64):
        return np.array(value)
    array = _array_of(value)
    if array is None or not _are_real(value, array):
        remedy = "; fill the masked entries first" if isinstance(value, np.ma.MaskedArray) else ""
        raise TypeError(f"{name} must be {must}; got {shown(value)}{remedy}")
    try:
        with np.errstate(over="ignore"):
            doubles: Array = array.astype(np.float64)
    except OverflowError:
        raise ValueError(f"{name} must be within the range of doubles; got {shown(value)}") from None
    if array.dtype.itemsize > 8 and not np.array_equal(np.isinf(doubles), np.isinf(array)):
        raise ValueError(f"{name} must be within the range of doubles; got {shown(value)}")
    return doubles


def _array_of(value: Any) -> NDArray[Any] | None:
    """What numpy makes of a value; None where that is nothing, or would hide what is masked."""
    if isinstance(value, np.ma.MaskedArray | bytearray | memoryview):
        return None
    if isinstance(value, numbers.Number | np.generic | np.ndarray):
        return np.asarray(value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # numpy warns where it makes something else of a value
            return np.asarray(value)
    except Exception:  # whatever a foreign __array__ raises
        return None


def _are_real(value: Any, array: NDArray[Any]) -> bool:
    """Whether all entries are real numbers: of lists before numpy turns what else they hold into numbers."""
    if array.dtype.kind != "O" and not isinstance(value, list | tuple):
        return array.dtype.kind in "iuf"
    listed = array if array.dtype.kind == "O" else np.asarray(value, dtype=object)
    return array.dtype.kind in "iufO" and all(_is_real(entry) for entry in listed.ravel())


def _is_real(entry: Any) -> bool:
    return isinstance(entry, numbers.Real) and not isinstance(entry, bool)


def is_listed(values: Any) -> TypeGuard[Iterable[Any]]:
    """Whether there are several values, one after the other."""
    return isinstance(values, Iterable) and not (isinstance(values, np.ndarray) and not values.ndim)


def _is_path(value: Any) -> bool:
    return isinstance(value, os.PathLike) and not isinstance(value, type)


def _are_bits(array: NDArray[Any]) -> bool:
    """Whether an array holds 0 and 1 (or False and True) and nothing else."""
    return array.dtype.kind in "biuf" and bool(np.all((array == 0) | (array == 1)))


def _require(name: str, value: Any, array: Array, allowed: Allowed) -> None:
    good = np.asarray(allowed.test(array), dtype=bool)
    if good.all():
        return
    if array.size <= _FEW:
        raise ValueError(f"{name} must {allowed.must}; got {shown(value)}")
    where = tuple(int(k) for k in np.argwhere(~good)[0])
    raise ValueError(f"{name} must {allowed.must}; entry {where[0] if array.ndim == 1 else where} is {array[where]}")


def _shaped(name: str, array: NDArray[Any], size: int) -> NDArray[Any]:
    if array.shape != (size,):
        raise ValueError(f"{name} must have shape ({size},); got shape {array.shape}")
    return array


def _different(name: str, values: Sequence[_T]) -> tuple[_T, ...]:
    if not values:
        raise ValueError(f"{name} must hold at least one number; got {shown(values)}")
    if len(set(values)) < len(values):
        raise ValueError(f"{name} must hold different numbers; got {shown(values)}")
    return tuple(values)
