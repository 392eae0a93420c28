import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages_referee import brute_force

from bp import Instance, Messages, belief_propagation, random_instance, random_satisfiability
from replica_theory.models.intervals import SymmetricBinaryPerceptron
from replica_theory.models.perceptron import BinaryPerceptron
from replica_theory.results.labelled import read_netcdf
from replica_theory.status import ConvergenceError, Status

METHODS = ("gaussian", "exact", "amp")
SCHEDULES = ("parallel", "sequential")
PRECISIONS = (np.float64, np.float32)
TIGHT = {"tol": 1e-13, "max_iter": 5000}
ROUNDING = 1e-12  # sums of up to a few thousand terms of order one


def block_patterns(rng, n, blocks):
    """Patterns on disjoint inputs, neighbours in the list sharing one weight: a tree."""
    patterns, start = np.zeros((len(blocks), n)), 0
    for a, size in enumerate(blocks):
        start = max(start - 1, 0)
        patterns[a, start : start + size] = rng.choice([-1, 1], size)
        start += size
    return patterns


class TestTrees:
    @pytest.mark.parametrize("constraint", ["margin", "symmetric"])
    @pytest.mark.parametrize("beta", [np.inf, 1.3, 0.0])
    @pytest.mark.parametrize("n, blocks", [(7, [7]), (8, [8]), (9, [4, 6]), (11, [4, 5, 4])])
    def test_exact_messages_are_exact(self, n, blocks, beta, constraint):
        rng = np.random.default_rng(n)
        instance = Instance(block_patterns(rng, n, blocks), kappa=0.65, constraint=constraint)
        field = rng.normal(size=n)
        result = belief_propagation(instance, "exact", beta=beta, field=field, damping=0.0, tol=1e-13)
        m, phi, entropy, energy = brute_force(instance, beta, field)
        np.testing.assert_allclose(result.magnetizations, m, atol=ROUNDING)
        assert result.free_entropy == pytest.approx(phi, abs=ROUNDING)
        assert result.entropy == pytest.approx(entropy, abs=ROUNDING)
        assert result.energy == pytest.approx(energy, abs=ROUNDING)
        assert result.status is Status.CONVERGED

    def test_hard_messages_are_exact(self):
        # sqrt(4) * 1 = 2 asks for both weights of the second pattern and two of three of the first
        instance = Instance([[1.0, -1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0]], kappa=1.0)
        result = belief_propagation(instance, "exact", damping=0.0)
        np.testing.assert_array_equal(result.magnetizations, brute_force(instance)[0])
        assert result.entropy == pytest.approx(0, abs=ROUNDING)
        # the same demand from two patterns: each cavity is as hard as the total
        instance = Instance([[1, -1, 1, 1], [1, -1, 1, 1]], kappa=2.0)
        result = belief_propagation(instance, "exact", damping=0.0)
        np.testing.assert_array_equal(result.magnetizations, [1, -1, 1, 1])
        assert result.entropy == pytest.approx(0, abs=ROUNDING) and result.status is Status.CONVERGED

    @pytest.mark.parametrize("method", METHODS)
    def test_infinite_temperature_is_free_weights_in_their_field(self, method):
        instance = random_instance(BinaryPerceptron(), 31, 0.5, rng=1)
        field = np.linspace(-2, 2, 31)
        result = belief_propagation(instance, method, beta=0.0, field=field)
        np.testing.assert_allclose(result.magnetizations, np.tanh(field), atol=ROUNDING)
        assert result.free_entropy == pytest.approx(np.mean(np.log(2 * np.cosh(field))), abs=ROUNDING)
        assert result.energy == pytest.approx(0.5, abs=0.2)


class TestKernels:
    @pytest.mark.parametrize("dtype", PRECISIONS)
    @pytest.mark.parametrize(
        "method, schedule", [(m, s) for m in METHODS for s in SCHEDULES if (m, s) != ("amp", "sequential")]
    )
    def test_same_bits_for_any_number_of_threads(self, method, schedule, dtype, monkeypatch):
        instance = random_instance(BinaryPerceptron(), 101, 0.6, rng=2)
        monkeypatch.setattr("bp.execution.threads._SHARE", 1e-7)  # small work, too, is shared
        results = []
        for count in (1, 2, 3):
            monkeypatch.setattr(numba, "get_num_threads", lambda count=count: count)
            results.append(belief_propagation(instance, method, schedule=schedule, dtype=dtype, tol=1e-5, rng=1))
        for result in results:
            np.testing.assert_array_equal(result.magnetizations, results[0].magnetizations)
            assert result.entropy == results[0].entropy


class TestAgreement:
    @pytest.mark.parametrize("constraint, kappa", [("margin", 0.0), ("symmetric", 1.2)])
    def test_loopy_small_instance_is_close_to_enumeration(self, constraint, kappa):
        rng = np.random.default_rng(5)
        instance = Instance(rng.choice([-1, 1], (4, 13)), kappa=kappa, constraint=constraint)
        field = rng.normal(size=13) / 5
        m, phi, entropy, _ = brute_force(instance, np.inf, field)
        result = belief_propagation(instance, "exact", field=field)
        # loops of length four: m is right up to O(1/N), and N Phi and N s up to O(1) (measured: 0.1)
        assert np.sqrt(np.mean((result.magnetizations - m) ** 2)) < 1 / 13
        assert abs(result.free_entropy - phi) < 0.2 / 13 and abs(result.entropy - entropy) < 0.2 / 13

    @pytest.mark.parametrize("beta", [np.inf, 1.0])
    def test_methods_agree_up_to_one_over_n(self, beta):
        for n in (51, 201):
            instance = random_instance(BinaryPerceptron(), n, 0.4, rng=n)
            gaussian, exact, amp = (belief_propagation(instance, method, beta=beta) for method in METHODS)
            # measured: N |difference of entropies| = 0.03 and 0.1, growing with alpha; the bound has a factor of three
            assert n * abs(gaussian.entropy - exact.entropy) < 0.1
            assert n * abs(gaussian.entropy - amp.entropy) < 0.3
            assert np.sqrt(np.mean((gaussian.magnetizations - exact.magnetizations) ** 2)) < 1 / n
            assert np.sqrt(np.mean((gaussian.magnetizations - amp.magnetizations) ** 2)) < 2 / n

    @pytest.mark.parametrize("constraint, kappa", [("margin", 0.0), ("symmetric", 1.2)])
    @pytest.mark.parametrize("method, n", [("gaussian", 401), ("exact", 51)])
    def test_schedules_and_precisions_reach_the_same_fixed_point(self, method, n, constraint, kappa):
        instance = Instance(np.random.default_rng(n).choice([-1, 1], (n // 2, n)), kappa=kappa, constraint=constraint)
        field = np.random.default_rng(0).normal(size=n) / 3
        run = {"method": method, "field": field, "rng": 5}
        plain = belief_propagation(instance, **run, tol=1e-12, damping=0.0)
        for schedule in SCHEDULES:
            double = belief_propagation(instance, **run, schedule=schedule, tol=1e-11)
            np.testing.assert_allclose(double.magnetizations, plain.magnetizations, atol=1e-10)
            assert double.entropy == pytest.approx(plain.entropy, abs=1e-11)
            single = belief_propagation(instance, **run, schedule=schedule, dtype=np.float32)
            assert single.converged and single.messages.fields.dtype == np.float32
            np.testing.assert_allclose(single.magnetizations, plain.magnetizations, atol=1e-4)
            assert single.entropy == pytest.approx(plain.entropy, abs=1e-6)

    @pytest.mark.parametrize("constraint, field", [("margin", 0.0), ("symmetric", 0.5)])
    def test_real_patterns_by_edges_and_by_nodes(self, constraint, field):
        patterns = np.random.default_rng(1).normal(size=(60, 201))
        instance = Instance(patterns, kappa=0.5, constraint=constraint)
        theta = np.full(201, field)
        gaussian, amp = (belief_propagation(instance, method, field=theta, beta=4.0) for method in ("gaussian", "amp"))
        assert gaussian.entropy == pytest.approx(amp.entropy, abs=1 / 201)
        assert np.sqrt(np.mean((gaussian.magnetizations - amp.magnetizations) ** 2)) < 3 / 201

    def test_symmetric_constraint_without_field_is_the_first_moment(self):
        instance = random_instance(SymmetricBinaryPerceptron(1.0), 301, 1.0, rng=1)
        result = belief_propagation(instance, "amp")
        np.testing.assert_array_equal(result.magnetizations, 0)
        assert result.entropy == pytest.approx(np.log(2) + instance.alpha * np.log(0.682689492137086), abs=ROUNDING)

    @pytest.mark.parametrize("method", METHODS)
    def test_derivatives_of_the_free_entropy(self, method):
        instance = random_instance(BinaryPerceptron(0.1), 101, 0.5, rng=3)
        rng = np.random.default_rng(0)
        field, direction, step = rng.normal(size=101) / 3, rng.choice([-1.0, 1.0], 101), 1e-4

        def phi(beta, gamma):
            return belief_propagation(instance, method, beta=beta, field=field + gamma * direction, **TIGHT)

        centre = phi(1.5, 0.0)
        by_beta = (phi(1.5 + step, 0.0).free_entropy - phi(1.5 - step, 0.0).free_entropy) / (2 * step)
        by_gamma = (phi(1.5, step).free_entropy - phi(1.5, -step).free_entropy) / (2 * step)
        # exact and amp are stationary points of their free entropy: step^2 and 1e-13/step remain. Gaussian edge
        # messages are not (the cavity of one weight changes the third moment of the field): O(1/N).
        tolerance = 0.1 / 101 if method == "gaussian" else 1e-7
        assert by_beta == pytest.approx(-instance.alpha * centre.energy, abs=tolerance)
        assert by_gamma == pytest.approx(np.mean(direction * centre.magnetizations), abs=tolerance)

    def test_entropy_is_free_entropy_plus_energy_minus_field(self):
        instance = random_instance(BinaryPerceptron(), 101, 0.5, rng=3)
        field = np.linspace(-1, 1, 101)
        result = belief_propagation(instance, beta=2.0, field=field)
        expected = result.free_entropy + 2.0 * instance.alpha * result.energy - np.mean(field * result.magnetizations)
        assert result.entropy == pytest.approx(expected, abs=ROUNDING)
        assert result.overlap == pytest.approx(np.mean(result.magnetizations**2))

    @pytest.mark.parametrize("alpha, theory", [(0.2, 0.550120107), (0.5, 0.314390067)])
    def test_mean_entropy_is_the_replica_symmetric_one(self, alpha, theory):
        instances = [random_instance(BinaryPerceptron(), 2001, alpha, rng=seed) for seed in range(8)]
        entropy = [belief_propagation(instance, tol=1e-6).entropy for instance in instances]
        error = np.std(entropy, ddof=1) / np.sqrt(len(entropy))
        assert np.std(entropy) < 0.02
        # 3.5 standard errors of eight samples: 1 % by chance, and the seeds are fixed; 1/N is the finite-size shift
        assert abs(np.mean(entropy) - theory) < 3.5 * error + 1 / 2001


class TestSymmetry:
    @staticmethod
    def instance(seed, n=15, p=5):
        rng = np.random.default_rng(seed)
        return rng, rng.choice([-1, 1], (p, n)), rng.normal(size=n) / 2

    @given(seed=st.integers(0, 2**32 - 1), method=st.sampled_from(METHODS))
    @settings(max_examples=15, deadline=None)
    def test_gauge_and_permutations(self, seed, method):
        rng, patterns, field = self.instance(seed)
        signs, rows, columns = rng.choice([-1, 1], 15), rng.permutation(5), rng.permutation(15)
        control = {"beta": 2.0, "tol": 1e-11}
        plain = belief_propagation(Instance(patterns), method, field=field, **control)
        turned = Instance((patterns * signs)[rows][:, columns])
        result = belief_propagation(turned, method, field=(field * signs)[columns], **control)
        # both stop within tol of the same fixed point, and converge linearly
        expected = (signs * plain.magnetizations)[columns]
        np.testing.assert_allclose(result.magnetizations, expected, atol=1e-8)
        assert result.entropy == pytest.approx(plain.entropy, abs=1e-9)

    @given(seed=st.integers(0, 2**32 - 1), method=st.sampled_from(METHODS))
    @settings(max_examples=15, deadline=None)
    def test_symmetric_constraint_does_not_see_the_sign_of_a_pattern(self, seed, method):
        rng, patterns, field = self.instance(seed)
        control = {"field": field, "beta": 2.0, "tol": 1e-11}
        plain, flipped = (
            belief_propagation(Instance(x, kappa=0.8, constraint="symmetric"), method, **control)
            for x in (patterns, patterns * rng.choice([-1, 1], (5, 1)))
        )
        np.testing.assert_allclose(flipped.magnetizations, plain.magnetizations, atol=1e-8)


class TestRuns:
    @pytest.mark.parametrize("alpha", [0.5, 0.6, 0.7])
    @pytest.mark.parametrize("n", [1000, 1001])
    def test_default_settings_converge(self, n, alpha):
        result = belief_propagation(random_instance(BinaryPerceptron(), n, alpha, rng=n))
        assert result.converged and result.residual <= 1e-9 and result.iterations < 200

    @pytest.mark.parametrize("method", METHODS)
    def test_every_start_and_damping_reaches_the_same_fixed_point(self, method):
        instance = random_instance(BinaryPerceptron(), 101, 0.5, rng=4)
        plain = belief_propagation(instance, method)
        warm = belief_propagation(instance, method, init=plain.messages)
        assert warm.iterations == 1
        for result in (
            warm,
            belief_propagation(instance, method, init=0.1, rng=7),
            belief_propagation(instance, method, damping=0.5),
            belief_propagation(
                instance, method, init=belief_propagation(instance, method, field=np.full(101, 0.3)).messages
            ),
        ):
            np.testing.assert_allclose(result.magnetizations, plain.magnetizations, atol=1e-7)
            assert result.entropy == pytest.approx(plain.entropy, abs=1e-9)

    def test_gaussian_and_exact_messages_start_each_other(self):
        instance = random_instance(BinaryPerceptron(), 101, 0.5, rng=4)
        start = belief_propagation(instance, "gaussian")
        assert belief_propagation(instance, "exact", init=start.messages).iterations < start.iterations

    def test_random_start_is_reproducible(self):
        instance = random_instance(BinaryPerceptron(), 51, 0.5, rng=4)
        runs = [belief_propagation(instance, init=0.1, rng=np.random.default_rng(3)) for _ in range(2)]
        np.testing.assert_array_equal(runs[0].magnetizations, runs[1].magnetizations)

    def test_sequential_sweeps_are_fewer_and_follow_the_seed(self):
        instance = random_instance(BinaryPerceptron(), 501, 0.7, rng=4)
        runs = [belief_propagation(instance, schedule="sequential", damping=0.0, rng=seed) for seed in (3, 3, 4)]
        np.testing.assert_array_equal(runs[0].magnetizations, runs[1].magnetizations)
        assert np.any(runs[0].magnetizations != runs[2].magnetizations)
        assert runs[0].iterations < belief_propagation(instance, damping=0.0).iterations

    def test_double_messages_start_single_ones_and_back(self):
        instance = random_instance(BinaryPerceptron(), 101, 0.5, rng=4)
        double = belief_propagation(instance)
        single = belief_propagation(instance, init=double.messages, dtype=np.float32)
        assert single.iterations == 1 and single.messages.fields.dtype == np.float32
        assert belief_propagation(instance, init=single.messages).iterations < double.iterations

    def test_results_are_read_only(self):
        result = belief_propagation(random_instance(BinaryPerceptron(), 51, 0.5, rng=4))
        with pytest.raises(ValueError, match="read-only"):
            result.magnetizations[0] = 0
        with pytest.raises(ValueError, match="read-only"):
            result.messages.fields[0] = 0

    @pytest.mark.parametrize("method", ["gaussian", "amp"])
    def test_above_capacity_the_entropy_is_negative(self, method):
        result = belief_propagation(random_instance(BinaryPerceptron(), 501, 0.9, rng=1), method)
        assert result.status is Status.NEGATIVE_ENTROPY and result.converged and result.entropy < -0.01

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("kappa", [0.1, 2.2])
    def test_contradicting_patterns_are_proved_to_be_so(self, method, kappa):
        pattern = np.array([[1, 1, -1, 1, -1]])
        instance = Instance(np.vstack([pattern, -pattern]), kappa=kappa)
        with pytest.raises(ConvergenceError, match="no weights satisfy every pattern: patterns 0 and 1 are") as info:
            belief_propagation(instance, method)
        result = info.value.result
        assert result.entropy == -np.inf and result.status is Status.UNSATISFIABLE and not result.converged
        assert np.all(np.isnan(result.magnetizations))

    def test_a_single_weight(self):
        result = belief_propagation(Instance([[1]], kappa=0.5), "exact")
        assert result.entropy == pytest.approx(0, abs=ROUNDING)
        for method in ("gaussian", "exact"):
            assert belief_propagation(Instance([[1]], kappa=0.5), method).magnetizations[0] == 1
            with pytest.raises(ConvergenceError, match="no weights satisfy every pattern"):
                belief_propagation(Instance([[1], [-1]], kappa=0.5), method)

    @pytest.mark.parametrize("method", METHODS)
    def test_non_convergence_raises_with_the_result(self, method):
        instance = random_instance(BinaryPerceptron(), 51, 0.5, rng=4)
        with pytest.raises(
            ConvergenceError, match=r"did not converge: residual .* after 2 sweeps at damping=0\.1;"
        ) as info:
            belief_propagation(instance, method, max_iter=2, damping=0.1)
        result = belief_propagation(instance, method, max_iter=2, damping=0.1, on_failure="return")
        assert info.value.result.entropy == result.entropy
        assert result.status is Status.MAX_ITERATIONS and not result.converged
        assert result.iterations == 2 and result.residual > 1e-9 and np.isfinite(result.entropy)


def biased(share, seed=0):
    """90 patterns on 301 weights, entries +1 with probability `share`, random labels."""
    rng = np.random.default_rng(seed)
    return Instance(np.where(rng.random((90, 301)) < share, 1, -1), np.where(rng.random(90) < 0.5, 1, -1))


class TestSaturation:
    """Messages that overshoot contradict each other as those of patterns without solutions do."""

    small = Instance(
        [
            [-1, -1, 1, 1, -1, 1, -1, 1, 1, 1, 1, -1],
            [-1, 1, -1, -1, 1, -1, 1, -1, 1, -1, -1, 1],
            [-1, -1, 1, 1, -1, -1, -1, -1, -1, -1, 1, -1],
        ]
    )

    @pytest.mark.parametrize(("share", "entropy"), [(0.6, 0.47744), (0.7, 0.46421), (0.8, 0.42463), (0.9, 0.35957)])
    def test_patterns_with_a_mean(self, share, entropy):
        instance = biased(share)
        gaussian = belief_propagation(instance)
        assert gaussian.converged and gaussian.entropy == pytest.approx(entropy, abs=5e-6)  # digits given
        slow = belief_propagation(instance, damping=0.97, max_iter=5000)  # no second attempt
        assert gaussian.entropy == pytest.approx(slow.entropy, abs=1e-10)
        # node variables are right up to O(1/N), as for independent patterns
        amp = belief_propagation(instance, "amp")
        assert amp.converged and 301 * abs(amp.entropy - entropy) < 0.5

    def test_patterns_with_a_mean_by_exact_messages(self):
        exact = belief_propagation(biased(0.8), "exact")
        assert exact.converged and 301 * abs(exact.entropy - 0.42463) < 0.1  # O(1/N) of the Gaussian messages

    def test_the_same_run_twice_is_the_same_though_it_turns_to_random_orders(self):
        one, two = (belief_propagation(biased(0.9)) for _ in range(2))
        np.testing.assert_array_equal(one.messages.fields, two.messages.fields)

    def test_small_instance_with_solutions(self):
        # 798 solutions, .556842; loops of length four leave O(1/N) to exact messages and node variables
        for method in ("exact", "amp"):
            assert 12 * abs(belief_propagation(self.small, method).entropy - 0.556842) < 1.5
        with pytest.raises(
            ConvergenceError, match=r"after 1000 sweeps, at last by parallel .*; raise max_iter"
        ) as info:
            belief_propagation(self.small)  # the Gaussian approximation, which knows no ties, has no fixed point here
        assert info.value.result.status is Status.MAX_ITERATIONS

    @pytest.mark.parametrize("seed", range(6))
    def test_nothing_is_said_against_a_solution(self, seed):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(4, 14))
        x = rng.choice([-1, 1], (int(rng.integers(2, n)), n), p=[0.3, 0.7])
        x[-1] = x[0]  # a pattern twice
        hidden = rng.choice([-1, 1], n)
        instance = Instance(x * np.where(x @ hidden < 0, -1, 1)[:, None])
        for method in METHODS:
            result = belief_propagation(instance, method, on_failure="return")
            assert result.status is not Status.UNSATISFIABLE
            assert np.isfinite(result.entropy) or not result.converged

    @pytest.mark.parametrize("method", ["gaussian", "amp"])
    @pytest.mark.parametrize("scale", [1e-14, 1e-6, 1e10])
    def test_the_scale_of_patterns_does_not_matter_without_margin(self, method, scale):
        patterns = np.random.default_rng(5).standard_normal((30, 101))
        plain, scaled = (belief_propagation(Instance(patterns * s), method) for s in (1.0, scale))
        assert scaled.entropy == pytest.approx(plain.entropy, abs=1e-9)  # both stop within tol of the fixed point

    @pytest.mark.parametrize("beta", [200.0, 300.0, 400.0, 1000.0])
    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_low_temperatures_give_numbers(self, beta, seed):
        instance = random_instance(BinaryPerceptron(), 21, 3.0, rng=seed)
        for method, dtype in (("gaussian", np.float64), ("gaussian", np.float32), ("exact", np.float64)):
            result = belief_propagation(instance, method, beta=beta, dtype=dtype, on_failure="return")
            assert np.all(np.isfinite(result.messages.fields))
            if result.converged:
                assert np.all(np.isfinite(result.magnetizations)) and 0 <= result.energy <= 1
                assert abs(result.entropy) < 1e-3  # frozen: a single configuration (single precision: of beta alpha e)

    @pytest.mark.parametrize("method", METHODS)
    def test_nan_in_messages_is_refused_and_never_converged(self, method):
        instance = random_instance(BinaryPerceptron(), 21, 0.5, rng=1)
        messages = belief_propagation(instance, method).messages
        fields = messages.fields.copy()
        fields[0] = np.nan
        with pytest.raises(ValueError, match="init must hold finite message fields; got nan"):
            belief_propagation(instance, method, init=Messages(method, fields, messages.g))
        state = instance.messages(method)
        state.restore(Messages(method, fields, messages.g))
        assert not state.sweep(np.zeros(21), 0.2) < np.inf
        if method == "amp":
            with pytest.raises(ValueError, match="init must hold finite output terms g; got nan"):
                belief_propagation(instance, method, init=Messages(method, messages.fields, np.full(10, np.nan)))


class TestRefusals:
    instance = random_instance(BinaryPerceptron(), 11, 0.5, rng=1)

    @pytest.mark.parametrize(
        "arguments, error, message",
        [
            ({"method": "bethe"}, ValueError, "method must be one of 'gaussian', 'exact', 'amp'; got 'bethe'"),
            ({"on_failure": "warn"}, ValueError, "on_failure must be one of 'raise', 'return'; got 'warn'"),
            ({"beta": -1}, ValueError, r"beta must be non-negative \(inf counts solutions\); got -1"),
            ({"beta": np.nan}, ValueError, "beta must be non-negative .* got nan"),
            ({"beta": "cold"}, TypeError, "beta must be a real number; got 'cold'"),
            ({"damping": 1.0}, ValueError, r"damping must be in \[0, 1\); got 1.0"),
            ({"damping": -0.1}, ValueError, r"damping must be in \[0, 1\); got -0.1"),
            ({"tol": 0.0}, ValueError, "tol must be positive and finite; got 0.0"),
            ({"tol": 1e-9, "dtype": np.float32}, ValueError, "tol must be at least 2e-06 for dtype=float32; got 1e-09"),
            ({"dtype": np.float16}, ValueError, "dtype must be float64 or float32; got float16"),
            ({"schedule": "random"}, ValueError, "schedule must be one of 'parallel', 'sequential'; got 'random'"),
            ({"method": "amp", "schedule": "sequential"}, ValueError, "messages on edges, which method='amp' has not"),
            ({"max_iter": 0}, ValueError, "max_iter must be a positive integer; got 0"),
            ({"max_iter": 2.5}, TypeError, "max_iter must be a positive integer; got 2.5"),
            ({"field": np.zeros(10)}, ValueError, r"field must have shape \(11,\); got shape \(10,\)"),
            ({"field": [np.nan] + 10 * [0.0]}, ValueError, "field must be finite; entry 0 is nan"),
            ({"field": 11 * ["up"]}, TypeError, "field must be real numbers; got dtype"),
            ({"init": -0.1}, ValueError, "init must be Messages, or a finite non-negative amplitude; got -0.1"),
            ({"init": "random"}, TypeError, "init must be Messages, or a finite non-negative amplitude; got 'random'"),
            ({"init": Messages("gaussian", np.zeros((3, 11)))}, ValueError, r"shape \(6, 11\); got shape \(3, 11\)"),
            ({"init": Messages("amp", np.zeros(11), np.zeros(6))}, ValueError, "'amp', which cannot start 'gaussian'"),
            ({"memory_limit": 1000}, MemoryError, "6 x 11 edges; .* GB .* method='amp' needs node variables only"),
        ],
    )
    def test_bad_arguments(self, arguments, error, message):
        with pytest.raises(error, match=message):
            belief_propagation(self.instance, **arguments)

    def test_real_patterns_have_no_exact_messages(self):
        with pytest.raises(ValueError, match="entries -1, 0 or 1; use 'gaussian' or 'amp' for real ones"):
            belief_propagation(Instance([[0.5, 1.0]]), "exact")

    def test_an_array_is_not_an_instance(self):
        with pytest.raises(TypeError, match=r"problem must be one with messages, such as bp\.Instance; got"):
            belief_propagation(np.ones((2, 3)))

    def test_node_variables_fit_where_edges_do_not(self):
        assert belief_propagation(self.instance, "amp", memory_limit=1000).converged


@pytest.mark.parametrize("method", ["exact", "survey"])
def test_messages_of_clauses_go_to_netcdf_and_back(method, tmp_path):
    for package in ("xarray", "h5netcdf", "h5py"):
        pytest.importorskip(package, reason=f"{package} is not installed (extra [data])")
    sat = random_satisfiability(10, 3.0, 2, rng=3, planted=True)  # 60 literals, 30 clauses, 10 variables
    result = belief_propagation(sat, method)
    assert dict(result.to_xarray().sizes) == {"weight": 10, "literal": 60}
    result.to_netcdf(tmp_path / "result.nc")
    again = read_netcdf(tmp_path / "result.nc")
    assert again == result and belief_propagation(sat, method, init=again.messages).iterations == 1
