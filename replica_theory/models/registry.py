"""The models there are: names, classes and options, for command lines, files and labels.

Every module of this package is imported, and every subclass of `Model` with a `name` of its own is a registered model,
wherever it is defined: a new model is a new file here, with no list to add it to.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from replica_theory.models.model import Model, Option
from replica_theory.models.satisfiability import RandomSatisfiability
from replica_theory.models.weights import BINARY, weights_of

_CLASS = "model_class"


@dataclass(frozen=True)
class Entry:
    """A registered model.

    Attributes
    ----------
    name : str
        On command lines, e.g. ``"u-shape"``.
    kind : type
        Its class.
    """

    name: str
    kind: type[Model]

    @property
    def options(self) -> tuple[Option, ...]:
        """Constructor arguments and what they mean."""
        return self.kind.options

    @property
    def is_plain(self) -> bool:
        """Whether numbers and words give the model: what code gives, no command line or file can hold."""
        return all(option.kind != "code" for option in self.options)

    @property
    def is_layered(self) -> bool:
        """Whether the model has a hidden layer: its instances are machines of several units."""
        return any(option.name == "units" for option in self.options)

    @property
    def is_marginal(self) -> bool:
        """Whether a margin is all that the model needs, and it constrains the field of a single unit."""
        return self.is_plain and not self.is_layered and not any(option.required for option in self.options)

    def default(self, option: str) -> Any:
        """Default of a constructor argument."""
        return inspect.signature(self.kind).parameters[option].default


def models() -> dict[str, Entry]:
    """All registered models by name, in alphabetical order.

    Raises
    ------
    ValueError
        If two models have the same name, or two classes of models have.

    Examples
    --------
    >>> models()["u-shape"].kind.__name__
    'UShapePerceptron'
    >>> [option.name for option in models()["interval"].options]
    ['intervals', 'kappa', 'beta', 'weights']
    """
    assert __package__
    for module in pkgutil.iter_modules(importlib.import_module(__package__).__path__):
        importlib.import_module(f"{__package__}.{module.name}")
    by_name: dict[str, Entry] = {}
    by_class: dict[str, type[Model]] = {}
    for kind in _subclasses(Model):  # type: ignore[type-abstract]
        name = vars(kind).get("name")
        if not name or inspect.isabstract(kind):
            continue
        for rival in (by_class.get(kind.__name__), by_name[name].kind if name in by_name else None):
            if rival is not None and _place(rival) != _place(kind):
                raise ValueError(f"two models are called {name!r} or {kind.__name__}: {_place(rival)}, {_place(kind)}")
        by_name[name], by_class[kind.__name__] = Entry(name, kind), kind
    return dict(sorted(by_name.items()))


def named(name: str) -> Entry:
    """The model of a name or class name.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> named("u-shape") == named("UShapePerceptron")
    True
    """
    known = models()
    for entry in known.values():
        if name in (entry.name, entry.kind.__name__):
            return entry
    raise ValueError(f"the models are {', '.join(map(repr, known))}; got {name!r}")


def describe(model: Model | RandomSatisfiability) -> dict[str, Any]:
    """Class and options of a model as JSON values; of one that is code its class and what it looks like.

    Binary weights, which all models have by default, are not mentioned.

    Examples
    --------
    >>> from replica_theory import UShapePerceptron
    >>> describe(UShapePerceptron(0.5))
    {'model_class': 'UShapePerceptron', 'kappa': 0.5, 'beta': inf}
    >>> describe(RandomSatisfiability(4))
    {'model_class': 'RandomSatisfiability', 'k': 4, 'beta': inf}
    """
    kind = type(model)
    if isinstance(model, RandomSatisfiability):
        return {_CLASS: kind.__name__} | asdict(model)
    known = {entry.kind: entry for entry in models().values()}
    words = (getattr(model, option.name) for option in model.options if option.kind == "word")
    written = bool(model.weights.text) and all(isinstance(word, str | float) for word in words)
    if kind not in known or not known[kind].is_plain or not written:
        return {_CLASS: kind.__name__, "is": repr(model)}
    weights = {} if model.weights == BINARY else {"weights": model.weights.text}
    options = [option.name for option in kind.options if option.kind != "weights"]
    return {_CLASS: kind.__name__} | {name: np.asarray(getattr(model, name)).tolist() for name in options} | weights


def particulars(model: Model | RandomSatisfiability) -> dict[str, Any]:
    """What describes a model beside its class, margin and temperature: nothing, for most.

    Weights that are not binary are among it.

    Examples
    --------
    >>> from replica_theory import IntervalModel
    >>> particulars(IntervalModel([(-2.0, -1.0), (1.0, 2.0)]))
    {'intervals': [[-2.0, -1.0], [1.0, 2.0]]}
    """
    return {name: value for name, value in describe(model).items() if name not in (_CLASS, "kappa", "beta")}


def is_description(mapping: dict[str, Any]) -> bool:
    """Whether a mapping was made by `describe`."""
    return _CLASS in mapping


def restore(mapping: dict[str, Any]) -> Model | RandomSatisfiability:
    """The model that `describe` made a mapping of.

    Raises
    ------
    ValueError
        If its class is code, or unknown, or not of these options.
    """
    kind = mapping[_CLASS]
    known: dict[str, Any] = {entry.kind.__name__: entry.kind for entry in models().values() if entry.is_plain}
    known[RandomSatisfiability.__name__] = RandomSatisfiability
    if kind not in known:
        raise ValueError(f"its model is a {kind}, whose constraint is code, which no file keeps")
    options = {name: value for name, value in mapping.items() if name != _CLASS}
    if "weights" in options:
        options["weights"] = weights_of(options["weights"])
    try:
        model: Model | RandomSatisfiability = known[kind](**options)
        return model
    except TypeError as error:
        raise ValueError(f"its model is no {kind}: {error}") from None


def _subclasses(kind: type[Model]) -> Iterator[type[Model]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def _place(kind: type[Model]) -> str:
    """Where a class is defined: a class defined anew, as in a notebook, replaces the one before."""
    return f"{kind.__module__}.{kind.__qualname__}"
