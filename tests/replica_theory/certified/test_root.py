import pytest

from replica_theory import ConvergenceError

flint = pytest.importorskip("flint", reason="python-flint is not installed (extra [certified])")

from replica_theory.certified.balls import precision  # noqa: E402
from replica_theory.certified.root import unique_root  # noqa: E402


def found(function, derivative, start, digits=40):
    def value(x, known):
        with precision(known) as tolerance:
            return function(flint.arb(x)) + tolerance * flint.arb(0, 1)

    def slope(box):
        with precision(12):
            return derivative(box)

    return unique_root(value, slope, start, digits, "here")


def test_the_root_of_two():
    root = found(lambda x: x * x - 2, lambda x: 2 * x, 1.4142135623)
    with precision(60) as tolerance:
        assert root.root.overlaps(flint.arb(2).sqrt()) and root.root.rad() < 1e-39 and tolerance < 1e-59
        assert root.box.contains(root.root) and root.near.contains(root.middle)
        assert root.box.rad() > 0.01  # the whole box, not the root alone, is proved to hold one only


def test_only_one_root_in_the_box():
    """Roots at 1 and 1.001: the box is small enough to hold one."""
    root = found(
        lambda x: (x - 1) * (x - flint.arb(1001) / 1000), lambda x: 2 * x - flint.arb(2001) / 1000, 1.0 + 1e-12
    )
    assert root.box.rad() < 5e-4 and root.root.contains(1)


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (lambda x: x * x + 1, lambda x: 2 * x),
        (lambda x: (x - 1) ** 2, lambda x: 2 * (x - 1)),
        (lambda x: x - 2, lambda x: flint.arb(1) + 0 * x),
        (lambda x: (x - 2).log(), lambda x: 1 / (x - 2)),
    ],
    ids=["no root", "a double root", "far away", "not defined"],
)
def test_what_is_not_proved_is_said(function, derivative):
    with pytest.raises(ConvergenceError, match="the balls prove no root"):
        found(function, derivative, 1.0)
