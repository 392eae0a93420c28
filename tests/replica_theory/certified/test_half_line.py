import pytest
from mpmath import mp

flint = pytest.importorskip("flint", reason="python-flint is not installed (extra [certified])")

from replica_theory.certified.balls import precision  # noqa: E402
from replica_theory.certified.half_line import HalfLine  # noqa: E402

LINES = [(HalfLine(0.5), 1.3), (HalfLine(-2.0), 0.4), (HalfLine(3.0), 5.0), (HalfLine(0.0, teacher=True), 1.2)]


@pytest.mark.parametrize(("line", "s"), LINES, ids=str)
def test_slopes_hold_differences(line, s):
    """Of all that is differentiated, everywhere in the box: the mean value theorem."""
    with precision(24) as tolerance:
        low, high = (line.point(flint.arb(s) + sign * flint.arb(2) ** -14, tolerance) for sign in (-1, 1))
        load, width = low.alpha.mid(), flint.arb(2) ** -13
        both = [(high.q - low.q, "q"), (high.alpha - low.alpha, "alpha"), (high.entropy() - low.entropy(), "entropy")]
    with precision(10) as tolerance:
        slopes = line.slopes(flint.arb(s, 2.0**-14), tolerance)
    for change, name in both:
        assert getattr(slopes, name).overlaps(change / width), name
    if not line.teacher:
        assert slopes.entropy_at(load).overlaps((high.entropy(load) - low.entropy(load)) / width)


@pytest.mark.parametrize(("line", "s"), [LINES[0], LINES[3]], ids=str)
def test_quadrature_agrees(line, s):
    """The same terms by mpmath, from the formulas as they are printed."""
    with precision(14) as tolerance:
        point = line.point(flint.arb(s), tolerance)
        stability = line.slopes(flint.arb(s), tolerance).stability
    with mp.workdps(18):
        s, shift, ends = mp.mpf(s), mp.mpf(s) ** 2 if line.teacher else 0, mp.linspace(-9, 9, 7)

        def mean(f):
            return mp.quad(lambda z: mp.npdf(z) * f(z), ends)

        q = mean(lambda z: mp.tanh(s * z + shift) ** 2)

        def of_patterns(f):
            def weighted(z):
                a = (line.kappa - mp.sqrt(q) * z) / mp.sqrt(1 - q)
                h = mp.erfc(a / mp.sqrt(2)) / 2
                return (2 * h if line.teacher else 1) * f(a, h, mp.npdf(a) / h)

            return mean(weighted)

        rho = of_patterns(lambda a, h, r: r * r)
        alpha = s**2 * (1 - q) / rho
        entropy = mean(lambda z: mp.log(2 * mp.cosh(s * z + shift))) - s**2 * (1 + q if line.teacher else 1 - q) / 2
        entropy += alpha * of_patterns(lambda a, h, r: mp.log(h))
        bend = of_patterns(lambda a, h, r: (r * (r - a)) ** 2) * mean(lambda z: mp.sech(s * z + shift) ** 4)
        known = {"q": q, "alpha": alpha, "entropy": entropy, "stability": 1 - alpha * bend / (1 - q) ** 2}
        found = {"q": point.q, "alpha": point.alpha, "entropy": point.entropy(), "stability": stability}
        for name, value in known.items():
            # 1e-13: what is left out beyond 9 is below 1e-17, the rounding of mpmath some hundred units of 1e-18.
            assert found[name].overlaps(flint.arb(mp.nstr(value, 25)) + flint.arb(0, 1e-13)), name
