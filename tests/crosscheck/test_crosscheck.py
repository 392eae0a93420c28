import importlib
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numba
import numpy as np
import pytest

import bp
from bp.store import DamagedPointWarning
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron, TeacherStudent, franz_parisi, replica_symmetric

module = importlib.import_module("bp.crosscheck")
MODEL = BinaryPerceptron()
SMALL = {"alpha": [0.3, 0.5], "n": 101, "samples": 3, "rng": 7, "distance": [0.1, 0.3]}


def run(**changes):
    return bp.crosscheck(MODEL, **SMALL | changes)


def assert_identical(a, b):
    assert str(a.rows) == str(b.rows)  # NaN equals NaN as text
    assert len(a.points) == len(b.points)
    for mine, yours in zip(a.points, b.points, strict=True):
        assert mine.keys() == yours.keys()
        for name in mine:
            assert mine[name].tobytes() == yours[name].tobytes(), name


@pytest.fixture(scope="module")
def uninterrupted():
    return run()


def test_the_table_says_what_was_measured(uninterrupted):
    check = uninterrupted
    assert (check.n, check.seed, check.method) == (101, 7, "gaussian")
    assert [row.quantity for row in check.rows] == 2 * ["entropy", "overlap q", "local entropy", "local entropy"]
    for row in check.rows:
        j = 0 if row.alpha < 0.4 else 1
        mine = check.points[3 * j : 3 * j + 3]
        assert row.alpha == [30 / 101, 50 / 101][j]  # the load the instances have
        theory = replica_symmetric(MODEL, row.alpha)
        if row.quantity == "entropy":
            expected, values = theory.entropy, [p["entropy"] for p in mine]
        elif row.quantity == "overlap q":
            expected, values = theory.q, [p["overlap"] for p in mine]
        else:
            k = SMALL["distance"].index(row.distance)
            expected = franz_parisi(MODEL, row.alpha, row.distance).entropy
            values = [p["local_entropy"][k] for p in mine if p["solved"]]
        # abs: continuation reaches a saddle point of the theory by another path, to its own tolerance
        assert row.theory == pytest.approx(float(expected), abs=1e-8)
        assert row.samples == len(values)
        assert row.simulation == pytest.approx(np.mean(values), rel=1e-12)
        assert row.standard_error == pytest.approx(np.std(values, ddof=1) / np.sqrt(len(values)), rel=1e-12)
        assert row.z == pytest.approx((row.simulation - row.theory) / row.standard_error, rel=1e-12)


def test_points_are_what_the_front_doors_give(uninterrupted):
    draw, solver = np.random.SeedSequence(7, spawn_key=(1, 2)).spawn(2)
    instance = bp.random_instance(MODEL, 101, 0.5, draw)
    point = uninterrupted.points[5]
    assert point["entropy"] == bp.belief_propagation(instance).entropy
    found = bp.solve(instance, "focusing-bp", rng=solver)
    np.testing.assert_array_equal(point["weights"], found.weights)
    assert bool(point["solved"]) == found.solved == (instance.errors(point["weights"]) == 0)


def test_text_and_csv(uninterrupted):
    lines = str(uninterrupted).splitlines()
    assert len(lines) == 1 + len(uninterrupted.rows)
    assert lines[0].split()[:4] == ["quantity", "alpha", "d", "theory"]
    table = uninterrupted.to_csv().splitlines()
    assert table[0] == "quantity,alpha,distance,theory,simulation,standard_error,z,samples,expected"
    assert float(table[1].split(",")[4]) == uninterrupted.rows[0].simulation  # all digits


def test_z_follows_student(monkeypatch):
    # with 3 samples |t| > 4.30 in 5 % of the cases: a Gaussian z would make that one in 60 000
    rng = np.random.default_rng(5)
    z = np.array([module._row("x", 0.5, np.nan, 0.0, list(rng.normal(size=3)), "equal").z for _ in range(4000)])
    fraction = np.mean(np.abs(z) > 4.303)
    assert fraction == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 4000))


def test_failed_measurements_do_not_count():
    row = module._row("x", 0.5, np.nan, 1.0, [1.0, np.nan, 3.0, -np.inf], "equal")
    assert (row.samples, row.simulation, row.standard_error, row.z) == (2, 2.0, 1.0, 1.0)
    row = module._row("x", 0.5, np.nan, 1.0, [1.0, np.nan], "equal")
    assert row.samples == 1 and np.isnan(row.standard_error) and np.isnan(row.z)
    row = module._row("x", 0.5, np.nan, 1.0, [np.nan], "equal")
    assert row.samples == 0 and np.isnan(row.simulation)


def test_symmetric_entropies_do_not_scatter():
    check = bp.crosscheck(SymmetricBinaryPerceptron(), 0.5, n=101, samples=2, rng=1, distance=0.3)
    entropy, overlap, local = check.rows
    assert entropy.simulation == pytest.approx(entropy.theory, abs=1e-12)
    assert overlap.theory == 0 and overlap.simulation < 1e-30
    assert np.isnan(entropy.z) and np.isfinite(local.simulation)


def test_teacher_student_has_a_teacher_row_and_no_franz_parisi_theory(tmp_path):
    check = bp.crosscheck(TeacherStudent(), [0.8], n=101, samples=2, rng=1, distance=[0.2])
    assert [row.quantity for row in check.rows] == ["entropy", "overlap q", "teacher overlap", "local entropy"]
    assert 0 < check.rows[2].simulation < 1
    assert np.isnan(check.rows[3].theory)
    assert all(path.stat().st_size > 0 for path in check.save(tmp_path))


def test_above_capacity_every_row_is_there():
    check = bp.crosscheck(MODEL, [1.2], n=61, samples=2, rng=1, distance=[0.2])
    assert check.rows[0].theory < 0
    assert check.rows[-1].samples == 0 and np.isnan(check.rows[-1].simulation)
    assert check.plot() is not None


def test_threads_do_not_change_a_bit(uninterrupted):
    with ThreadPoolExecutor(2) as executor:
        assert_identical(run(executor=executor), uninterrupted)


def test_processes_do_not_change_a_bit(uninterrupted, tmp_path):
    with ProcessPoolExecutor(
        2, mp_context=get_context("spawn"), initializer=numba.set_num_threads, initargs=(1,)
    ) as executor:
        assert_identical(run(executor=executor, folder=tmp_path), uninterrupted)
    assert_identical(run(folder=tmp_path), uninterrupted)


def test_instances_do_not_depend_on_the_others(uninterrupted):
    assert_identical(
        bp.crosscheck(MODEL, **SMALL | {"alpha": 0.3}),
        module.Crosscheck(MODEL, 101, 7, "gaussian", uninterrupted.rows[:4], uninterrupted.points[:3]),
    )


class Interrupter:
    """Stands for `measure` and raises once, after so many calls."""

    def __init__(self, after, error=KeyboardInterrupt):
        self.calls, self.after, self.error, self.real = 0, after, error, module.measure

    def __call__(self, job):
        self.calls += 1
        if self.calls == self.after + 1:
            raise self.error
        return self.real(job)


@pytest.mark.parametrize("threads", [0, 1, 2])
@pytest.mark.parametrize("after", [0, 2, 5])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_interrupted_and_resumed_is_uninterrupted(uninterrupted, tmp_path, monkeypatch, threads, after, error):
    interrupter = Interrupter(after, error)
    monkeypatch.setattr(module, "measure", interrupter)
    with ThreadPoolExecutor(max(threads, 1)) as executor:
        with pytest.raises(error):
            run(folder=tmp_path, executor=executor if threads else None)
    names = {path.name for path in (tmp_path / "points").iterdir()}
    finished = {name for name in names if name.endswith(".npz")}
    assert names - finished == {"settings.json"}  # no half-written file
    assert len(finished) >= after - max(threads - 1, 0)  # what the other thread had begun is lost, not more
    calls = interrupter.calls
    assert_identical(run(folder=tmp_path), uninterrupted)
    assert interrupter.calls - calls == 6 - len(finished)  # nothing is done twice


def test_more_samples_extend_a_run_and_fewer_read_it(uninterrupted, tmp_path, monkeypatch):
    run(folder=tmp_path, samples=2)
    counter = Interrupter(100)
    monkeypatch.setattr(module, "measure", counter)
    assert_identical(run(folder=tmp_path), uninterrupted)
    assert counter.calls == 2
    assert_identical(run(folder=tmp_path, samples=2), run(samples=2))


def test_a_fresh_seed_is_remembered(tmp_path):
    short = {"alpha": 0.3, "samples": 2, "distance": 0.3}
    first = run(folder=tmp_path, rng=None, **short)
    assert_identical(run(folder=tmp_path, rng=None, **short), first)
    assert_identical(run(rng=first.seed, **short), first)
    assert (
        run(**short | {"rng": np.random.default_rng(3)}).seed == run(**short | {"rng": np.random.default_rng(3)}).seed
    )
    assert run(**short | {"rng": np.random.SeedSequence(3)}).seed != first.seed


@pytest.mark.parametrize(
    "name, change",
    [
        ("n", {"n": 103}),
        ("alpha", {"alpha": [0.3, 0.6]}),
        ("distance", {"distance": [0.1]}),
        ("seed", {"rng": 8}),
        ("method", {"method": "amp"}),
    ],
)
def test_other_settings_are_refused(uninterrupted, tmp_path, monkeypatch, name, change):
    monkeypatch.setattr(module, "measure", lambda job: uninterrupted.points[3 * job.alpha_index + job.sample])
    run(folder=tmp_path)
    monkeypatch.setattr(module, "measure", None)  # no work may begin
    with pytest.raises(ValueError, match=f"points of another run \\({name} was .* now\\); choose another folder"):
        run(folder=tmp_path, **change)
    with pytest.raises(ValueError, match=r"kappa was 0\.0 and is 0\.1 now"):
        bp.crosscheck(BinaryPerceptron(0.1), **SMALL, folder=tmp_path)
    with pytest.raises(ValueError, match="model was BinaryPerceptron and is TeacherStudent now"):
        bp.crosscheck(TeacherStudent(), **SMALL, folder=tmp_path)
    assert len(list((tmp_path / "points").glob("*.npz"))) == 6


def test_a_damaged_point_is_done_again(uninterrupted, tmp_path):
    run(folder=tmp_path)
    damaged = tmp_path / "points" / "1-0.npz"
    damaged.write_bytes(damaged.read_bytes()[:100])
    with pytest.warns(DamagedPointWarning, match=r"1-0\.npz is damaged"):
        assert_identical(run(folder=tmp_path), uninterrupted)
    assert damaged.with_suffix(".damaged").exists()
    assert_identical(run(folder=tmp_path), uninterrupted)


def test_saved_files(uninterrupted, tmp_path):
    csv, npz, png = uninterrupted.save(tmp_path / "new")
    assert sorted(os.listdir(tmp_path / "new")) == ["crosscheck.csv", "crosscheck.npz", "crosscheck.png"]
    assert csv.read_text() == uninterrupted.to_csv()
    assert png.read_bytes().startswith(b"\x89PNG") and png.stat().st_size > 20_000
    with np.load(npz, allow_pickle=False) as data:
        arrays = dict(data)
    assert arrays["weights"].shape == (6, 101) and arrays["local_entropy"].shape == (6, 2)
    assert arrays["table_theory"].tolist() == [row.theory for row in uninterrupted.rows]
    assert arrays["table_quantity"].tolist() == [row.quantity for row in uninterrupted.rows]
    assert (str(arrays["model"]), int(arrays["n"]), int(arrays["seed"])) == ("BinaryPerceptron", 101, 7)


def test_a_folder_that_cannot_be_written_is_refused_before_work(tmp_path, monkeypatch, uninterrupted):
    monkeypatch.setattr(module, "measure", None)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot write to the folder"):
        run(folder=tmp_path / "file" / "below")
    with pytest.raises(OSError, match="cannot write to the folder"):
        uninterrupted.save(tmp_path / "file")


@pytest.mark.parametrize(
    "change, error, message",
    [
        ({"alpha": 0.0}, ValueError, "alpha must be positive"),
        ({"alpha": [0.5, -1]}, ValueError, "alpha must be positive"),
        ({"alpha": np.nan}, ValueError, "alpha must be positive and finite"),
        ({"alpha": np.inf}, ValueError, "alpha must be positive and finite"),
        ({"alpha": []}, ValueError, "alpha must hold at least one number"),
        ({"alpha": "many"}, TypeError, "alpha must be a real number"),
        ({"alpha": [0.5, 0.001]}, ValueError, r"alpha=0\.001 at n=101 gives no patterns"),
        ({"n": 1}, ValueError, "n must be an integer of at least 2; got 1"),
        ({"n": -5}, ValueError, "n must be an integer"),
        ({"n": 100.5}, TypeError, r"n must be an integer of at least 2; got 100\.5"),
        ({"n": True}, TypeError, "n must be an integer"),
        ({"samples": 1}, ValueError, "samples must be an integer of at least 2; got 1"),
        ({"samples": "8"}, TypeError, "samples must be an integer"),
        ({"distance": 0.6}, ValueError, r"distance must lie in \[0, 1/2\]"),
        ({"distance": [0.1, 0.0]}, ValueError, r"distance must lie in \(0, 1/2\]; got 0"),
        ({"distance": np.nan}, ValueError, "distance must lie"),
        ({"distance": []}, ValueError, "distance must hold at least one number"),
        ({"method": "magic"}, ValueError, "method must be one of 'gaussian', 'exact', 'amp'; got 'magic'"),
        ({"rng": -1}, ValueError, "rng must be a non-negative seed; got -1"),
        ({"rng": "seed"}, TypeError, "SeedSequence"),
        ({"n": 10**7 + 1}, MemoryError, "choose a smaller n"),
        ({"n": 10**7 + 1, "method": "amp"}, MemoryError, "choose a smaller n"),
    ],
)
def test_bad_arguments_are_refused_before_work(monkeypatch, change, error, message):
    monkeypatch.setattr(module, "measure", None)
    with pytest.raises(error, match=message):
        run(**change)


@pytest.mark.parametrize(
    "model, error, message",
    [
        ("binary", TypeError, r"model must be a model such as replica_theory\.BinaryPerceptron\(\); got 'binary'"),
        (BinaryPerceptron, TypeError, "model must be a model"),
        (BinaryPerceptron(beta=1.0), ValueError, r"a single kappa and beta = inf; got BinaryPerceptron"),
        (BinaryPerceptron(kappa=[0.0, 0.1]), ValueError, "a single kappa"),
    ],
)
def test_bad_models_are_refused_before_work(monkeypatch, model, error, message):
    monkeypatch.setattr(module, "measure", None)
    with pytest.raises(error, match=message):
        bp.crosscheck(model, **SMALL)


def test_messages_that_do_not_fit_are_refused_before_work_and_name_what_fits(monkeypatch):
    monkeypatch.setattr(module, "measure", None)
    monkeypatch.setattr("bp.memory.available_memory", lambda: 1e9)
    with pytest.raises(MemoryError, match=r"1 GB are available; method='amp' needs"):
        run(n=12001, alpha=0.5)
    module._checked(MODEL, 0.5, 12001, 2, 0.1, "amp")  # 0.4 GB of patterns
