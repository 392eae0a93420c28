"""The table of calls is complete: a public name or method without an entry fails here."""

import inspect

import pytest
from fuzz_calls import CALLS, LEFT_OUT

import bp
import replica_theory

PACKAGES = (replica_theory, bp)


def public_names():
    """Functions and classes by the names that the table has for them; of two of one name, that of `bp` in full."""
    for package in PACKAGES:
        for name in package.__all__:
            yield f"bp.{name}" if package is bp and name in replica_theory.__all__ else name, getattr(package, name)


def methods():
    """Methods with arguments that a public class of ours has, each once: under the first class that has it."""
    seen = set()
    for name, kind in public_names():
        if not inspect.isclass(kind):
            continue
        for method, value in inspect.getmembers_static(kind):
            function = getattr(value, "__func__", value)
            ours = inspect.isfunction(function) and function.__module__.split(".")[0] in ("bp", "replica_theory")
            if not method.startswith("_") and ours and len(inspect.signature(function).parameters) > 1:
                if function not in seen:
                    yield f"{name}.{method}", function
                seen.add(function)


def covered():
    """Functions that the table calls."""
    return {inspect.unwrap(getattr(call.function, "__func__", call.function)) for call in CALLS.values()}


@pytest.mark.parametrize("name", [name for name, _ in public_names()])
def test_public_names(name):
    assert name in CALLS or name in LEFT_OUT


def test_methods():
    known = covered()
    missing = [
        name
        for name, function in methods()
        if function not in known and not {name, name.split(".")[1]} & LEFT_OUT.keys()
    ]
    assert not missing, f"give them an entry in fuzz_calls: {missing}"


def test_nothing_is_left_over():
    names = {name for name, _ in public_names()} | {
        part for name, _ in methods() for part in (name, name.split(".")[1])
    }
    assert not LEFT_OUT.keys() - names
    assert all(LEFT_OUT.values())
