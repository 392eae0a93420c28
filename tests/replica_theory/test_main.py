"""``python -m replica_theory``: tables for people, JSON for machines, exit codes for scripts."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import replica_theory
from replica_theory import (
    BinaryPerceptron,
    PowerWeight,
    RandomSatisfiability,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    capacity,
    franz_parisi,
    localization,
    numbers,
    replica_symmetric,
    satisfiability_entropy,
)
from replica_theory.__main__ import main
from replica_theory.quoted.entry import Entry, Published


def run_json(capsys, *arguments, code=0):
    assert main([*arguments, "--json"]) == code
    printed = json.loads(capsys.readouterr().out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    return printed["points"]


def test_numbers_that_are_quoted(capsys):
    found = numbers("entropy")
    for form, text in (("text", str(found)), ("csv", found.to_csv()), ("markdown", found.to_markdown())):
        assert main(["numbers", "--topic", "entropy", "--format", form]) == 0
        assert capsys.readouterr() == (text.removesuffix("\n") + "\n", "")
    assert main(["numbers", "--topic", "entropy", "--json"]) == 0
    assert [row["value"] for row in json.loads(capsys.readouterr().out)["numbers"]] == [row.value for row in found]


def test_a_number_outside_what_is_published(capsys, monkeypatch):
    wrong = Entry("margin 0", capacity, (BinaryPerceptron(),), published=Published("0.85", "nobody"))
    monkeypatch.setattr("replica_theory.quoted.table.ENTRIES", {"capacity": (wrong,)})
    assert main(["numbers"]) == 1
    said = capsys.readouterr()
    assert "outside" in said.out
    words = "capacity, margin 0: 0.833078599740 is outside 0.85 (nobody)"
    assert said.err == f"python -m replica_theory: {words}\n"


def test_entropy_table(capsys):
    assert main(["entropy", "--alpha", "0.5", "0.9"]) == 0
    out, err = capsys.readouterr()
    header, first, second = out.splitlines()
    assert header.split() == ["kappa", "alpha", "entropy", "q", "q_hat", "stability", "error", "status"]
    assert first.split()[:4] == ["0", "0.5", "0.3143900669", "0.3223853632"] and first.endswith("       converged")
    assert second.endswith("negative-entropy") and len({len(line) for line in out.splitlines()}) == 1
    assert err == ""


def test_entropy_grid(capsys):
    points = run_json(capsys, "entropy", "--kappa", "-1", "0:0.5:2", "--alpha", "0.1:0.3:3")
    assert [(p["kappa"], p["alpha"]) for p in points] == [
        (k, pytest.approx(a)) for k in (-1, 0, 0.5) for a in (0.1, 0.2, 0.3)
    ]
    expected = replica_symmetric(BinaryPerceptron([[-1.0], [0.0], [0.5]]), [0.1, 0.2, 0.3])
    np.testing.assert_allclose([p["entropy"] for p in points], expected.entropy.ravel(), rtol=1e-12)
    assert {p["status"] for p in points} == {"converged"}


def test_entropy_at_finite_temperature(capsys):
    (point,) = run_json(capsys, "entropy", "--alpha", "1.2", "--beta", "2")
    expected = replica_symmetric(BinaryPerceptron(0.0, 2.0), 1.2)
    for key in ("entropy", "free_entropy", "energy", "q"):
        assert point[key] == pytest.approx(getattr(expected, key), rel=1e-12)
    assert point["beta"] == 2


def test_entropy_of_other_models(capsys):
    (student,) = run_json(capsys, "entropy", "--model", "teacher-student", "--alpha", "1")
    assert student["teacher_overlap"] == pytest.approx(replica_symmetric(TeacherStudent(), 1.0).teacher_overlap)
    (symmetric,) = run_json(capsys, "entropy", "--model", "symmetric", "--alpha", "1")
    assert symmetric["kappa"] == 1
    assert symmetric["entropy"] == pytest.approx(replica_symmetric(SymmetricBinaryPerceptron(), 1.0).entropy)


def test_capacity(capsys):
    points = run_json(capsys, "capacity", "--kappa", "-1", "0", "1")
    np.testing.assert_allclose([p["capacity"] for p in points], capacity(BinaryPerceptron([-1.0, 0.0, 1.0])).alpha)
    (symmetric,) = run_json(capsys, "capacity", "--model", "symmetric")
    assert symmetric["capacity"] == pytest.approx(1.815875, abs=1e-6)
    assert main(["capacity"]) == 0
    assert " 0.8330785997 " in capsys.readouterr().out


def test_other_weights(capsys):
    """Words, and lists of levels that begin with a minus sign."""
    (point,) = run_json(capsys, "entropy", "--weights", "-1,0,1", "--alpha", "0.5")
    assert point["entropy"] == pytest.approx(0.720391460, abs=5e-10) and point["mean_square"] < 2 / 3
    assert main(["capacity", "--weights", "spherical"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["0", "2", "1"]
    assert main(["capacity", "--weights", "-1:1,1:1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["weights"] == "-1,1"
    assert main(["threshold", "--weights", "spherical"]) == 2
    assert "weights of the model must be binary here; got weights=SphericalWeights()" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["capacity", "--weights", "0"])
    assert "argument --weights: levels must be at least two different numbers; got [0.0]" in capsys.readouterr().err


def test_curve(capsys):
    points = run_json(capsys, "curve", "--alpha", "0.5", "--distance", "0.05", "0.1")
    expected = franz_parisi(BinaryPerceptron(), 0.5, [0.05, 0.1])
    np.testing.assert_allclose([p["entropy"] for p in points], expected.entropy, rtol=1e-12)
    np.testing.assert_allclose([p["slope"] for p in points], expected.slope, rtol=1e-9)


def test_curve_around_a_robust_reference(capsys):
    (point,) = run_json(
        capsys, "curve", "--alpha", "0.5", "--distance", "0.05", "--reference-kappa", "0.2", "--beta", "3"
    )
    expected = franz_parisi(BinaryPerceptron(0.0, 3.0), 0.5, 0.05, reference=BinaryPerceptron(0.2, 3.0))
    assert point["reference_kappa"] == 0.2 and point["beta"] == 3
    assert point["entropy"] == pytest.approx(float(expected.entropy))


def test_random_formulas(capsys):
    few = ["satisfiability", "--population", "1000", "--sweeps", "20"]
    points = run_json(capsys, *few, "--ratio", "0.5", "1:2:2", "--k", "2", "--beta", "1")
    model = RandomSatisfiability(2, 1.0)
    expected = [satisfiability_entropy(model, ratio, population=1000, sweeps=20) for ratio in (0.5, 1.0, 2.0)]
    for name in ("ratio", "entropy", "energy", "free_entropy", "overlap", "annealed", "error"):
        assert [point[name] for point in points] == [getattr(one, name) for one in expected]
    assert main([*few, "--ratio", "1"]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert header.split() == ["ratio", "entropy", "overlap", "annealed", "error", "status"]
    assert line.split()[-1] == "converged"
    for option, value, words in (
        ("--k", "1", "k must be"),
        ("--ratio", "-1", "ratio must be"),
        ("--seed", "-1", "rng must be"),
        ("--population", "9", "population must"),
    ):
        assert main([*few, "--ratio", "1", option, value]) == 2
        assert words in capsys.readouterr().err


def test_sampling(capsys):
    """Tables of localisation and of its thresholds; q = 1 at any load is an answer, not a failure."""
    points = run_json(capsys, "localization", "--power", "0", "1", "--alpha", "0.3", "--time", "1", "9")
    assert [point["power"] for point in points] == [0, 0, 1, 1]
    expected = localization(PowerWeight(power=1.0), 0.3, [1.0, 9.0])
    assert [point["q"] for point in points] == [pytest.approx(0.654850, abs=1e-6), 1.0, *expected.q.tolist()]
    assert [point["q_other"] for point in points] == [1.0, 1.0, None, None]
    assert main(["sampling", "--power", "0:0.5:2", "--scheme", "decimation"]) == 0
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == ["status", "pinned", "pinned"]
    assert main(["localization", "--alpha", "0.3", "--time=-1"]) == 2
    assert "times must be at least 0 and finite" in capsys.readouterr().err


def test_lost_points_keep_their_line(capsys):
    assert main(["entropy", "--alpha", "0.5", "2", "--json"]) == 1
    out, err = capsys.readouterr()
    kept, lost = json.loads(out)["points"]
    assert kept["status"] == "converged"
    assert lost == {"kappa": 0.0, "alpha": 2.0, "status": "saddle-lost"} | dict.fromkeys(
        ("entropy", "q", "q_hat", "stability", "error")
    )
    assert (
        err.startswith("python -m replica_theory: 1 of 2 points: the branch of saddle points") and "\n" not in err[:-1]
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["entropy", "--alpha", "0"], "alpha must be positive and finite; got [0.]"),
        (["entropy", "--alpha", "nan"], "alpha must be positive and finite; got [nan]"),
        (["entropy", "--alpha", "0.5", "--kappa", "inf"], "kappa must be finite; got [inf]"),
        (["entropy", "--alpha", "0.5", "--beta", "-1"], "beta must be non-negative (inf counts solutions); got -1.0"),
        (["entropy", "--alpha", "0.5", "--beta", "nan"], "beta must be non-negative (inf counts solutions); got nan"),
        (["entropy", "--alpha", "1:2:2000", "--kappa", "0:1:2000"], "at most 1000000 points can be computed"),
        (["capacity", "--model", "symmetric", "--kappa", "-1"], "kappa must be positive for |h| <= kappa"),
        (["capacity", "--model", "teacher-student"], "capacity needs random labels"),
        (["curve", "--alpha", "0.5", "--distance", "0.7"], "distance must lie in [0, 1/2]; got [0.7]"),
        (["curve", "--alpha", "0.5", "--reference-kappa", "nan"], "kappa must be finite; got nan"),
        (["curve", "--alpha", "0.5", "--model", "teacher-student"], "franz_parisi needs random labels"),
    ],
)
def test_bad_values(arguments, sentence, capsys):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"python -m replica_theory: {sentence}") and err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["entropy"], "the following arguments are required: --alpha"),
        (["curve"], "the following arguments are required: --alpha"),
        (["entropy", "--alpha"], "argument --alpha: expected at least one argument"),
        (["volume", "--alpha", "1"], "invalid choice: 'volume'"),
        (["entropy", "--alpha", "1", "--model", "ising"], "argument --model: must be one of 'binary'"),
        (["entropy", "--alpha", "1", "--beta", "cold"], "argument --beta: must be a real number; got 'cold'"),
        *(
            (
                ["entropy", "--alpha", text],
                f"--alpha: must be a number or a grid start:stop:count; got '{text}'",
            )
            for text in ("half", "", "0:1", "0:1:0", "0:1:2.5", "0:1:2:3", "a:b:3", "0:inf:3", "0:1:2000000")
        ),
    ],
)
def test_bad_arguments(arguments, sentence, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2 and sentence in capsys.readouterr().err


@pytest.mark.parametrize("command", ["entropy", "capacity", "curve"])
def test_help_teaches(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    text = capsys.readouterr().out
    assert stop.value.code == 0
    for part in ("conventions:", "exit code:", "examples:", f"python -m replica_theory {command} ", "--json", "nats"):
        assert part in text


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"binary-perceptron {replica_theory.__version__}\n"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_interrupt(monkeypatch, capsys, sign):
    monkeypatch.setattr("replica_theory.__main__.replica_symmetric", lambda *_: os.kill(os.getpid(), sign))
    assert main(["entropy", "--alpha", "0.5"]) == 130
    said = "interrupted; nothing is kept, the same command begins again (with fewer points it is sooner done)"
    assert capsys.readouterr().err == f"python -m replica_theory: {said}\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_help_in_any_encoding(encoding):
    command = [sys.executable, "-m", "replica_theory", "entropy", "--help"]
    done = subprocess.run(command, env=os.environ | {"PYTHONIOENCODING": encoding}, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"") and b"conventions:" in done.stdout


def test_from_a_shell():
    command = [sys.executable, "-W", "error", "-m", "replica_theory"]
    done = subprocess.run([*command, "capacity", "--json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == ""
    assert json.loads(done.stdout)["points"][0]["capacity"] == pytest.approx(0.833078599739579, abs=1e-12)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device")
def test_a_full_disk():
    command = [sys.executable, "-m", "replica_theory", "entropy", "--alpha", "0.5"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr == "python -m replica_theory: No space left on device\n"


def test_reader_that_leaves_early():
    """A closed pipe (head, less) is no error."""
    command = [sys.executable, "-m", "replica_theory", "entropy", "--alpha", "0.1:0.8:3000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == "" and process.wait(timeout=60) == 0


def test_local_entropy_and_threshold(capsys):
    """The values of the letter's theory, through the command line."""
    assert main(["local", "--alpha", "0.6", "--distance", "0.05", "--json"]) == 0
    point = json.loads(capsys.readouterr().out)["points"][0]
    assert point["entropy"] == pytest.approx(0.130082256, abs=1e-8)
    assert point["complexity"] is None
    assert main(["threshold", "--json"]) == 0
    point = json.loads(capsys.readouterr().out)["points"][0]
    assert point["threshold"] == pytest.approx(0.75530203, abs=1e-7)
    assert main(["local", "--alpha", "0.6", "--y", "inf", "--reference", "solution"]) == 2
    assert "free reference" in capsys.readouterr().err
