"""The options of a command line that choose a model."""

from __future__ import annotations

import argparse
import re
from typing import Any

from replica_theory.arguments import number_of
from replica_theory.models.model import Model, Option
from replica_theory.models.registry import Entry, models

_COMMON = ("kappa", "beta", "weights")
"""Options that a command line has of its own, as lists or grids."""
_NUMBER = r"(\d+\.?\d*|\.\d+)(e[+-]?\d+)?"
_NEGATIVE = re.compile(rf"^-(inf|{_NUMBER}((:{_NUMBER})?,.+)?)$")
"""Negative numbers, and lists of levels that begin with one."""


def plain_models(*, layered: bool = True) -> dict[str, Entry]:
    """The models that a command line can give, by name; those with a hidden layer only where it is `layered`."""
    return {name: entry for name, entry in models().items() if entry.is_plain and (layered or not entry.is_layered)}


def add_model_options(parser: argparse.ArgumentParser, *, layered: bool = True) -> None:
    """Add the options that some models have beside a margin and a temperature, such as ``--interval A B``."""
    parser._negative_number_matcher = _NEGATIVE  # argparse would take -inf and -1,0,1 for options
    for name, (option, owners) in _particular(layered).items():
        text = f"{option.meaning} (--model {', '.join(owners)})"
        if option.kind == "intervals":
            parser.add_argument(f"--{name.removesuffix('s')}", dest=name, nargs=2, type=float, action="append",
                                metavar=("A", "B"), help=f"{text}; may be repeated")  # fmt: skip
        else:
            kind, shown = (str, "NAME") if option.kind == "word" else (number_of, "X")
            parser.add_argument(f"--{name.replace('_', '-')}", dest=name, type=kind, metavar=shown, help=text)


def particular_options(name: str, given: dict[str, Any], *, layered: bool = True) -> dict[str, Any]:
    """Arguments for the class of a model from what was given, margin and temperature aside.

    Raises
    ------
    ValueError
        If an option is missing or is not one of this model.
    """
    own = {option.name: option for option in plain_models()[name].options if option.name not in _COMMON}
    for other, (option, owners) in _particular(layered).items():
        if given.get(other) is None and other in own and own[other].required:
            raise ValueError(f"--model {name} needs {_flag(option)}: {option.meaning}")
        if given.get(other) is not None and other not in own:
            raise ValueError(f"{_flag(option)} is for --model {', '.join(owners)}; got it with --model {name}")
    return {option: given[option] for option in own if given.get(option) is not None}


def model_of(name: str, given: dict[str, Any], *, layered: bool = True, **common: Any) -> Model:
    """A model from its name, the particular options in `given`, and its margin or temperature."""
    return plain_models()[name].kind(**particular_options(name, given, layered=layered), **common)


def _particular(layered: bool) -> dict[str, tuple[Option, list[str]]]:
    """Options beside margin and temperature, and the names of the models that have them."""
    found: dict[str, tuple[Option, list[str]]] = {}
    for name, entry in plain_models(layered=layered).items():
        for option in entry.options:
            if option.name not in _COMMON:
                found.setdefault(option.name, (option, []))[1].append(name)
    return found


def _flag(option: Option) -> str:
    return f"--{option.name.removesuffix('s')} A B" if option.kind == "intervals" else f"--{option.name}"
