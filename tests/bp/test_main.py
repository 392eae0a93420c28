import gzip
import io
import json
import os
import pickle
import pty
import re
import shutil
import signal
import stat
import subprocess
import sys
import termios
import threading
import time
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

import bp
import replica_theory.__main__
from bp.__main__ import main
from bp.validation.comparisons.solutions import SOLVERS
from bp.validation.verdict import Verdict
from replica_theory import (
    BinaryPerceptron,
    IntervalModel,
    SphericalWeights,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    UShapePerceptron,
)

SMALL = ["crosscheck", "--alpha", "0.3", "0.5", "--n", "101", "--samples", "2", "--distance", "0.1", "--seed", "7"]
SMALL += ["--comparisons", "entropy", "solutions"]
NAMES = ["entropy", "solutions"]


@pytest.fixture
def patterns(tmp_path):
    path = tmp_path / "patterns.txt"
    bp.write_instance(bp.random_instance(BinaryPerceptron(), 101, 0.5, rng=1), path)
    return path


def sentence(capsys):
    """The one line on standard error."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("python -m bp: ") and err.count("\n") == 1
    assert "Traceback" not in err
    return err


def shell(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "bp", *map(str, arguments)], capture_output=True, text=True, timeout=300, **options
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crosscheck") / "output"
    return folder, shell(*SMALL, "--output", folder)


def test_crosscheck_prints_a_table_and_writes_three_files(written):
    folder, done = written
    assert done.returncode == 0
    assert all(
        re.search(r"^\d\d:\d\d:\d\d crosscheck: ", line) for line in done.stderr.splitlines()
    )  # no bar, no warning
    check = bp.crosscheck(BinaryPerceptron(), [0.3, 0.5], n=101, samples=2, rng=7, distance=0.1, comparisons=NAMES)
    assert done.stdout.startswith(str(check))
    assert "Instances solved: focusing-bp 4 of 4" in done.stdout
    assert (folder / "crosscheck.csv").read_text() == check.to_csv()
    assert (folder / "crosscheck.png").read_bytes().startswith(b"\x89PNG")
    with np.load(folder / "crosscheck.npz", allow_pickle=False) as data:
        assert data["solutions/weights/101"].shape == (2, 2, len(SOLVERS), 101)
        assert not any(data[name].dtype.hasobject for name in data.files)


def test_crosscheck_json(written, capsys, tmp_path):
    folder, _ = written
    assert main([*SMALL, "--json", "--output", str(folder)]) == 0  # from the finished points
    report = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert (report["model"], report["n"], report["seed"], report["kappa"]) == ("BinaryPerceptron", [101], 7, 0.0)
    assert {row["quantity"] for row in report["rows"]} == {"entropy", "overlap q", "local entropy"}
    assert report["rows"][0]["distance"] is None and report["rows"][-1]["distance"] == 0.1
    first = report["rows"][0]
    assert first["discrepancy"] == first["simulation"] - first["theory"]


@pytest.mark.slow
def test_workers_change_nothing(written, tmp_path):
    folder, done = written
    again = shell(*SMALL, "--workers", 1, "--output", tmp_path)
    assert again.returncode == 0 and "Warning" not in again.stderr
    assert again.stdout.replace(str(tmp_path), str(folder)) == done.stdout
    for path in folder.rglob("*.npz"):
        assert (tmp_path / path.relative_to(folder)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("model, alpha", [("symmetric", "0.5"), ("teacher-student", "0.8")])
def test_other_models(model, alpha, tmp_path, capsys):
    arguments = [
        "--model",
        model,
        "--alpha",
        alpha,
        "--n",
        "61",
        "--samples",
        "2",
        "--distance",
        "0.2",
        "--workers",
        "1",
    ]
    arguments += ["--comparisons", "entropy", "planted"]
    assert main(["crosscheck", *arguments, "--output", str(tmp_path), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert ("teacher overlap" in [row["quantity"] for row in rows]) == (model == "teacher-student")
    assert "Franz-Parisi" in [row["quantity"] for row in rows]


def test_several_sizes_are_extrapolated(tmp_path, capsys):
    arguments = ["--alpha", "0.3", "--n", "51", "101", "--samples", "4", "--comparisons", "entropy", "--workers", "1"]
    assert main(["crosscheck", *arguments, "--output", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "Largest discrepancy extrapolated to N = ∞" in out
    assert main(["crosscheck", *arguments, "--output", str(tmp_path), "--json"]) == 0
    assert [row["n"] for row in json.loads(capsys.readouterr().out)["rows"]] == 2 * [51, 101, "inf"]


def test_check_makes_the_verdict_the_exit_code(tmp_path, capsys, monkeypatch):
    arguments = ["crosscheck", "--check", "--alpha", "0.3", "--n", "51", "--samples", "4", "--comparisons", "entropy"]
    arguments += ["--workers", "1", "--output", str(tmp_path)]
    assert main(arguments) == 0
    assert "Together 2 rows give p = " in capsys.readouterr().out
    monkeypatch.setattr("bp.validation.report.verdict", lambda rows: Verdict(1e-4, 2, rows[0]))
    assert main(arguments) == 1
    assert "theory and simulation disagree" in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["p_value"] == 1e-4
    arguments.remove("--check")
    assert main(arguments) == 0


def test_resume(written, tmp_path, capsys):
    folder, done = written
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    for name in ("crosscheck.csv", "points/solutions-0-101-1.npz"):
        (copy / name).unlink()
    stamps = {path.name: path.stat().st_mtime_ns for path in (copy / "points").glob("*.npz")}
    assert main(["crosscheck", "--resume", "--workers", "1", "--output", str(copy)]) == 0
    assert capsys.readouterr().out.replace(str(copy), str(folder)) == done.stdout
    assert (copy / "crosscheck.csv").read_bytes() == (folder / "crosscheck.csv").read_bytes()
    assert stamps.items() <= {path.name: path.stat().st_mtime_ns for path in (copy / "points").glob("*.npz")}.items()
    # what is given on the command line counts; it may extend a run but not change it
    assert main(["crosscheck", "--resume", "--samples", "3", "--workers", "1", "--output", str(copy)]) == 0
    assert "focusing-bp 6 of 6" in capsys.readouterr().out
    assert main(["crosscheck", "--resume", "--seed", "8", "--output", str(copy)]) == 2
    assert "seed was 7 and is 8 now" in sentence(capsys)
    call = json.loads((copy / "points" / "call.json").read_text())
    for text, words in (
        ("{", "call.json is damaged"),
        ("{}", "call.json is damaged"),
        (json.dumps(call | {"model": "Mine"}), "the run there has 'Mine'"),
    ):
        (copy / "points" / "call.json").write_text(text)
        assert main(["crosscheck", "--resume", "--output", str(copy)]) == 2
        assert words in sentence(capsys)


@pytest.mark.parametrize("folder", ["missing", "empty", "file"])
def test_resume_of_nothing(folder, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    assert main(["crosscheck", "--resume", "--output", str(tmp_path / folder)]) == 2
    assert "there is nothing to resume in" in sentence(capsys)
    assert not (tmp_path / "missing").exists() and os.listdir(tmp_path / "empty") == []


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--alpha", "-1"], "alpha must be positive"),
        (["--alpha", "nan"], "alpha must be positive and finite"),
        (["--n", "1"], "n must be an integer of at least 2; got 1"),
        (["--n", "100000001"], "choose a smaller n"),
        (["--samples", "1"], "samples must be an integer of at least 2"),
        (["--distance", "0.7"], "distance must lie in (0, 1/2]"),
        (["--kappa", "inf"], "kappa must be finite"),
        (["--model", "symmetric", "--kappa", "-1"], "kappa must be positive"),
        (["--seed", "-1"], "rng must be a non-negative integer"),
        (["--method", "magic"], "method must be one of 'amp', 'gaussian', 'exact'"),
        (["--workers", "0"], "workers must be a positive integer"),
        (["--comparisons", "magic"], "comparisons must be 'all' or among 'entropy', "),
        (["--comparisons", "planted"], "'planted' does not apply to BinaryPerceptron"),
        (["--n", "101", "101"], "n must hold different numbers"),
    ],
)
def test_bad_settings_of_crosscheck(arguments, words, tmp_path, capsys):
    output = tmp_path / "output"
    assert main(["crosscheck", "--output", str(output), *arguments]) == 2
    assert words in sentence(capsys)
    assert not output.exists()


def test_settings_that_differ_are_refused(written, capsys):
    folder, _ = written
    assert main([*SMALL, "--n", "103", "--output", str(folder)]) == 2
    assert "n was [101] and is [103] now" in sentence(capsys)


def test_force_begins_anew_where_another_run_is(tmp_path, capsys):
    quick = ["crosscheck", "--n", "51", "--samples", "2", "--comparisons", "entropy", "--workers", "1", "--output"]
    assert main([*quick, str(tmp_path), "--alpha", "0.3"]) == 0
    points = {path.name: path.read_bytes() for path in (tmp_path / "points").glob("*.npz")}
    capsys.readouterr()
    assert main([*quick, str(tmp_path), "--alpha", "0.4"]) == 2
    assert "choose another folder, or drop its points by --force" in sentence(capsys)
    assert main([*quick, str(tmp_path), "--alpha", "nan", "--force"]) == 2  # found out before anything is dropped
    assert {path.name: path.read_bytes() for path in (tmp_path / "points").glob("*.npz")} == points
    capsys.readouterr()
    assert main([*quick, str(tmp_path), "--alpha", "0.4", "--force"]) == 0
    assert "0.392" in capsys.readouterr().out
    assert all((tmp_path / "points" / name).read_bytes() != content for name, content in points.items())
    with pytest.raises(SystemExit):
        main([*quick, str(tmp_path), "--force", "--resume"])


def test_an_output_folder_that_cannot_be_written(tmp_path, capsys):
    # permission bits do not stop root, a regular file in the way stops everyone
    (tmp_path / "file").write_text("")
    start = time.perf_counter()
    assert main(["crosscheck", "--output", str(tmp_path / "file" / "below")]) == 2
    assert time.perf_counter() - start < 2  # the default run takes half a minute
    assert "cannot write to the folder" in sentence(capsys)


LONG = ["crosscheck", "--alpha", "0.6", "--n", "401", "--samples", "3", "--seed", "3", "--comparisons", "energy"]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted") / "b"
    assert shell(*LONG, "--output", folder).returncode == 0
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "sign"), [("1", signal.SIGTERM), ("2", signal.SIGINT)])
def test_control_c_and_resume(tmp_path, uninterrupted, workers, sign):
    command = [sys.executable, "-m", "bp", *LONG, "--workers", workers, "--output", tmp_path / "a"]
    interrupted = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while len(list(tmp_path.glob("a/points/*.npz"))) < 2:
        assert interrupted.poll() is None
        time.sleep(0.02)
    os.killpg(interrupted.pid, sign)  # a terminal sends it to the workers, too
    _, message = interrupted.communicate(timeout=60)
    assert interrupted.returncode == 130
    finished = sorted(path.name for path in tmp_path.glob("a/points/*.npz"))
    assert message.endswith(
        f"python -m bp: interrupted; {len(finished)} finished points are in {tmp_path / 'a' / 'points'}, "
        f"and the same call goes on from there: python -m bp crosscheck --resume --output {tmp_path / 'a'}\n"
    )
    assert 2 <= len(finished) < 9
    stamps = [(tmp_path / "a" / "points" / name).stat().st_mtime_ns for name in finished]
    assert shell("crosscheck", "--resume", "--output", tmp_path / "a").returncode == 0
    assert [(tmp_path / "a" / "points" / name).stat().st_mtime_ns for name in finished] == stamps
    for name in ("crosscheck.csv", "crosscheck.npz"):
        assert (tmp_path / "a" / name).read_bytes() == (uninterrupted / name).read_bytes()


@pytest.mark.slow
def test_a_bar_is_shown_on_a_terminal(tmp_path):
    master, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 100))
    command = [sys.executable, "-m", "bp", *SMALL[:-1], "--output", tmp_path]  # one comparison is enough
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    shown = b""
    try:
        while chunk := os.read(master, 4096):
            shown += chunk
    except OSError:  # the terminal is closed when the process ends
        pass
    os.close(master)
    assert process.wait(60) == 0
    assert b"crosscheck:" in shown and b"0/4" in shown


def test_solve_writes_weights_that_solve(patterns, capsys):
    assert main(["solve", str(patterns)]) == 0
    out, err = capsys.readouterr()
    assert "0 errors" in out and err == ""
    weights = np.loadtxt(f"{patterns}.weights.txt", dtype=int)
    assert bp.read_instance(patterns).errors(weights) == 0
    xi = np.loadtxt(patterns, dtype=int)
    assert np.all(xi @ weights >= 0)  # read without this package


def test_an_instance_comes_from_standard_input(patterns, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in ("solve", "entropy"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(patterns.read_bytes())))
        assert main([command, "-"]) == 0
        assert capsys.readouterr().err == ""
    weights = np.loadtxt("instance.weights.txt", dtype=int)
    assert bp.read_instance(patterns).errors(weights) == 0 and not os.path.exists("-.weights.txt")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1 0\n")))
    assert main(["solve", "-"]) == 2
    assert "cannot read an instance from standard input: line 1 holds '0'" in sentence(capsys)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["solve", "FILE", "--checkpoint", "a b"], "goes on from x: python -m bp solve FILE --checkpoint 'a b'"),
        (["solve", "FILE"], "nothing is kept, .*; with --checkpoint FILE it goes on where it was"),
        (["entropy", "FILE"], "nothing is kept, the same command begins again$"),
    ],
)
def test_interruption_says_how_to_go_on(command, words, patterns, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt("the same call goes on from x")

    monkeypatch.setattr("bp.__main__.solve", interrupted)
    monkeypatch.setattr("bp.__main__.belief_propagation", interrupted)
    assert main([word.replace("FILE", str(patterns)) for word in command]) == 130
    said = sentence(capsys).replace(str(patterns), "FILE").strip()
    assert re.search(words, said) and said.startswith("python -m bp: interrupted; ")


@pytest.mark.parametrize("place", ["fifo", "link"])
def test_weights_go_through_a_fifo(place, patterns, tmp_path, capsys):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    got = []
    reader = threading.Thread(target=lambda: got.append(np.loadtxt(tmp_path / "fifo", dtype=int)))
    reader.start()
    assert main(["solve", str(patterns), "--output", str(tmp_path / place)]) == 0
    reader.join()
    assert bp.read_instance(patterns).errors(got[0]) == 0
    assert stat.S_ISFIFO((tmp_path / "fifo").stat().st_mode) and (tmp_path / "link").is_symlink()


def test_weights_to_a_device_leave_it_as_it_was(patterns, capsys):
    before = sorted(os.listdir("/dev"))
    assert main(["solve", str(patterns), "--output", "/dev/null"]) == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode) and sorted(os.listdir("/dev")) == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device")
def test_a_full_disk(patterns, capsys):
    assert main(["solve", str(patterns), "--output", "/dev/full"]) == 2
    assert sentence(capsys) == "python -m bp: No space left on device\n"


def test_a_checkpoint_that_is_no_file_is_refused(patterns, tmp_path, capsys):
    os.mkfifo(tmp_path / "fifo")
    for place in (tmp_path / "fifo", "/dev/null"):
        assert main(["solve", str(patterns), "--checkpoint", str(place)]) == 2
        assert f"checkpoint must be a regular file that can be replaced; got {place}" in sentence(capsys)


def test_a_table_in_ascii_is_printed_whole(written, tmp_path):
    folder, done = written
    shutil.copytree(folder, tmp_path / "copy")
    plain = shell("crosscheck", "--resume", "--workers", "1", "--output", tmp_path / "copy",
                  env=os.environ | {"PYTHONIOENCODING": "ascii"})  # fmt: skip
    assert plain.returncode == 0 and (plain.stdout + plain.stderr).isascii()
    assert plain.stdout.count("\n") == done.stdout.count("\n")
    assert "replica symmetric <-> belief propagation" in plain.stdout


def test_a_reader_that_has_had_enough(patterns):
    script = f"{sys.executable} -m bp entropy {patterns} | head -c 0; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_solve_json_output_and_seed(patterns, tmp_path, capsys):
    output = tmp_path / "w"
    assert main(["solve", str(patterns), "--json", "--seed", "4", "--output", str(output)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["solved"] is True and report["errors"] == 0
    assert (report["n"], report["patterns"], report["weights"]) == (101, 50, str(output))
    first = output.read_bytes()
    assert main(["solve", str(patterns), "--seed", "4", "--output", str(output)]) == 2
    assert f"{output} is there already: choose another name, or replace it by --force" in sentence(capsys)
    output.write_text("1\n")
    assert main(["solve", str(patterns), "--seed", "4", "--output", str(output), "--force"]) == 0
    assert output.read_bytes() == first


def test_solve_says_when_there_is_no_solution(tmp_path, capsys):
    path = tmp_path / "impossible.txt"
    path.write_text("1 1 1\n-1 -1 -1\n")
    assert main(["solve", str(path), "--json"]) == 3
    report = json.loads(capsys.readouterr().out)
    assert report["solved"] is False and report["errors"] == 1 and report["status"] == "unsatisfiable"
    weights = np.loadtxt(f"{path}.weights.txt", dtype=int)
    assert bp.read_instance(path).errors(weights) == 1


def test_margin_and_model_of_text_files(tmp_path, capsys):
    path = tmp_path / "patterns.txt"
    instance = bp.random_instance(SymmetricBinaryPerceptron(1.0), 101, 0.5, rng=2)
    bp.write_instance(bp.Instance(instance.xi), path)
    assert main(["solve", str(path), "--model", "symmetric", "--kappa", "1"]) == 0
    assert instance.errors(np.loadtxt(f"{path}.weights.txt", dtype=int)) == 0
    capsys.readouterr()
    assert main(["entropy", str(path), "--model", "symmetric", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["entropy"] == bp.belief_propagation(instance).entropy


@pytest.mark.parametrize(
    ("name", "options", "model"),
    [
        ("patterns.txt.gz", [], BinaryPerceptron()),
        ("a.npz", ["--model", "u-shape", "--kappa", "0.5"], UShapePerceptron(0.5)),
        ("b.npz", ["--model", "interval", "--interval", "-1", "0.5", "--interval", "2", "inf"],
         IntervalModel([(-1.0, 0.5), (2.0, np.inf)])),
        ("c.npz", ["--model", "teacher-student", "--patterns", "gaussian"], TeacherStudent()),
        ("d.npz", ["--model", "symmetric"], SymmetricBinaryPerceptron(1.0)),
    ],
)  # fmt: skip
def test_generate_writes_the_instance_of_the_seed(name, options, model, tmp_path, capsys):
    path = tmp_path / name
    given = ["generate", str(path), "--n", "41", "--alpha", "0.4", "--seed", "3", *options]
    assert main([*given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["patterns"] == 16
    kind = "gaussian" if "gaussian" in options else "binary"
    expected = bp.random_instance(model, 41, 0.4, rng=3, patterns=kind)
    read = bp.read_instance(path)
    assert np.array_equal(read.xi, expected.xi) and read.model == expected.model
    before = path.read_bytes()
    assert main(given) == 2 and path.read_bytes() == before
    assert "is there already" in sentence(capsys)
    assert main([*given, "--force"]) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--n", "0", "--alpha", "0.5"], "n must be a positive integer; got 0"),
        (["--alpha", "-1"], "alpha must be positive"),
        (["--alpha", "0.5", "--patterns", "real"], "patterns must be one of 'binary', 'gaussian'; got 'real'"),
        (["--alpha", "0.5", "--seed", "-1"], "seed must be a non-negative integer; got -1"),
        (["--alpha", "0.5", "--model", "interval"], "--model interval needs --interval A B"),
        (["--alpha", "0.5", "--kappa", "0.5"], "format 'text' would lose"),
        (["--alpha", "0.5", "--units", "5"], "n must be a multiple of 5 units; got 1001"),
        (["--alpha", "0.5", "--units", "4"], "units must be an odd number"),
        (["--alpha", "0.5", "--tree"], "--tree is for committee machines: give their --units"),
        (["--alpha", "0.5", "--units", "7", "--patterns", "gaussian"], "--patterns must be binary for committee"),
    ],
)
def test_generate_refuses_in_a_sentence(options, words, tmp_path, capsys):
    assert main(["generate", str(tmp_path / "patterns.txt"), *options]) == 2
    assert words in sentence(capsys) and not list(tmp_path.iterdir())


@pytest.mark.parametrize("tree", [[], ["--tree"]])
@pytest.mark.parametrize("name", ["a.txt", "a.tsv.gz", "a.npz"])
def test_committee_machines_from_one_command_to_the_next(name, tree, tmp_path, capsys):
    path = tmp_path / name
    given = ["generate", str(path), "--n", "105", "--alpha", "0.2", "--units", "5", *tree]
    assert main([*given, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["units"], report["tree"], report["patterns"]) == (5, bool(tree), 21)
    expected = bp.random_committee(BinaryPerceptron(), 105, 5, 0.2, rng=1, tree=bool(tree))
    assert bp.read_instance(path).fingerprint == expected.fingerprint
    assert main(["solve", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["errors"] == 0
    weights = np.loadtxt(f"{path}.weights.txt", dtype=int)
    assert weights.shape == (105,) and expected.errors(weights) == 0


@pytest.fixture
def formula(tmp_path):
    """A gzipped file in the DIMACS format whose name does not tell what it is."""
    path = tmp_path / "formula.gz"
    bp.write_dimacs(bp.random_satisfiability(60, 3.0, 3, rng=1), path)
    return path


def test_formulas_from_one_command_to_the_next(formula, tmp_path, capsys, monkeypatch):
    path = tmp_path / "again.gz"
    given = ["generate", str(path), "--n", "60", "--ratio", "3"]
    assert main([*given, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["n"], report["clauses"], report["k"]) == (60, 180, 3)
    assert path.read_bytes() == formula.read_bytes()
    assert main(given) == 2 and "is there already" in sentence(capsys)
    sat = bp.read_dimacs(path)
    assert main(["solve", str(path), "--solver", "walksat", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["errors"], report["clauses"]) == (0, 180)
    weights = np.loadtxt(f"{path}.weights.txt", dtype=int)
    assert sat.errors(weights) == 0
    assert main(["entropy", str(path), "--json"]) == 0
    entropy = json.loads(capsys.readouterr().out)["entropy"]
    assert entropy == pytest.approx(bp.belief_propagation(sat).entropy, abs=1e-8)  # orders are random, tol is 1e-9
    assert main(["entropy", str(path), "--method", "survey"]) == 0
    assert "Bethe entropy" in capsys.readouterr().out
    assert main(["local-entropy", str(path), "--distance", "0.1", "--json"]) == 0
    point = json.loads(capsys.readouterr().out)["points"][0]
    assert point["entropy"] == pytest.approx(float(bp.local_entropy(sat, weights, 0.1).entropy), abs=1e-8)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    assert main(["entropy", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["clauses"] == 180


def test_a_formula_that_is_refuted(tmp_path, capsys):
    path = tmp_path / "no.cnf"
    path.write_text("c no solution\np cnf 3 3\n1 0\n-1 0\n2 3 0\n")
    assert main(["solve", str(path), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["status"] == "unsatisfiable"
    assert main(["entropy", str(path)]) == 3
    assert "force every literal of clause" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["solve", "FILE", "--kappa", "0.1"], "kappa and constraint must be left out for a formula, which"),
        (["entropy", "FILE", "--model", "symmetric"], "kappa and constraint must be left out for a formula, which"),
        (["entropy", "FILE", "--method", "amp"], "method must be one of 'exact', 'survey'; got 'amp'"),
        (["solve", "FILE", "--solver", "sbpi"], "sbpi needs a problem that is Online"),
        (["solve", "BROKEN"], "cannot read a formula from"),
        (
            ["generate", "NEW", "--ratio", "3", "--alpha", "0.5"],
            "--alpha is for perceptrons; --ratio asks for formulas",
        ),
        (["generate", "NEW", "--ratio", "3", "--kappa", "0"], "--kappa is for perceptrons; --ratio asks for formulas"),
        (["generate", "NEW", "--ratio", "3", "--tree"], "--tree is for perceptrons; --ratio asks for formulas"),
        (["generate", "NEW", "--ratio", "3", "--interval", "0", "1"], "--interval A B is for --model interval"),
        (["generate", "NEW", "--ratio", "-3"], "ratio must be positive"),
        (["generate", "NEW", "--ratio", "3", "--k", "0"], "k must be a positive integer; got 0"),
        (["generate", "NEW", "--ratio", "3", "--n", "5", "--k", "6"], "k must be at most n=5"),
        (["generate", "NEW", "--k", "3"], "--k is for formulas: give their --ratio"),
        (["generate", "NEW"], "--alpha A, the load of an instance, must be given (or --ratio R, for a formula)"),
        (["compare", "--k", "3", "--output", "NEW"], "--k is for formulas: give their --ratio"),
        (["compare", "--ratio", "3", "--alpha", "0.5", "--output", "NEW"], "--alpha is for perceptrons"),
        (["compare", "--ratio", "3", "--units", "3", "--output", "NEW"], "--units is for perceptrons"),
    ],
)
def test_options_that_formulas_do_not_have(command, words, formula, tmp_path, capsys):
    files = {"FILE": formula, "BROKEN": tmp_path / "broken.cnf", "NEW": tmp_path / "new.cnf"}
    files["BROKEN"].write_text("p cnf 3 1\n1 2\n")
    before = sorted(tmp_path.iterdir())
    assert main([str(files.get(word, word)) for word in command]) == 2
    assert words in sentence(capsys) and sorted(tmp_path.iterdir()) == before


def test_compare_on_formulas_and_resume(tmp_path, capsys):
    given = ["compare", "--n", "30", "--samples", "2", "--workers", "1", "--output", str(tmp_path)]
    assert main([*given, "--k", "2", "--ratio", "0.5", "0.8", "--solvers", "walksat", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    expected = bp.compare("walksat", bp.RandomFormulas([0.5, 0.8], 30, 2, 2), rng=1)
    assert [row["iterations"] for row in rows] == [row["iterations"] for row in expected.summary]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}
    more = ["compare", "--resume", "--samples", "3", "--workers", "1", "--output", str(tmp_path)]
    assert main(more) == 0 and "3/3" in capsys.readouterr().out
    assert before.items() <= {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}.items()


def test_local_entropy_around_the_weights_that_solve_wrote(patterns, capsys):
    assert main(["local-entropy", str(patterns)]) == 2
    assert "find some: python -m bp solve" in sentence(capsys)
    assert main(["solve", str(patterns)]) == 0
    capsys.readouterr()
    assert main(["local-entropy", str(patterns), "--distance", "0.05", "0.1", "--method", "exact", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    instance, weights = bp.read_instance(patterns), np.loadtxt(f"{patterns}.weights.txt", dtype=int)
    expected = bp.local_entropy(instance, weights, [0.05, 0.1], method="exact")
    assert [point["entropy"] for point in report["points"]] == expected.entropy.tolist() and report["errors"] == 0
    assert main(["local-entropy", str(patterns), "--distance", "0.1"]) == 0
    table = capsys.readouterr().out
    assert f"{float(bp.local_entropy(instance, weights, 0.1, method='amp').entropy):.9f}" in table
    assert main(["local-entropy", str(patterns), "--distance", "0.7"]) == 2
    assert "distance must lie in [0, 1/2]" in sentence(capsys)
    assert main(["local-entropy", str(patterns), "--distance", "0.1", "--max-iter", "1"]) == 1
    assert "iteration" in capsys.readouterr().err
    other = patterns.with_name("other")
    for text, words in (("1 1 -1", "101"), ("1 one", "must be ±1, separated by blanks"), ("0 " * 101, "±1")):
        other.write_text(text)
        assert main(["local-entropy", str(patterns), "--weights", str(other)]) == 2
        assert words in sentence(capsys)


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"binary-perceptron {bp.__version__}\n"


def test_console_scripts_are_the_command_lines():
    settings = tomllib.loads((Path(bp.__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    scripts = {name: EntryPoint(name, value, "console_scripts").load()
               for name, value in settings["project"]["scripts"].items()}  # fmt: skip
    assert scripts == {"binary-perceptron": main, "replica-theory": replica_theory.__main__.main}


def test_entropy(patterns, capsys):
    instance = bp.read_instance(patterns)
    for method in ("gaussian", "exact", "amp"):
        run = bp.belief_propagation(instance, method)
        assert main(["entropy", str(patterns), "--method", method, "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert (report["entropy"], report["overlap"]) == (run.entropy, run.overlap)
        assert report["status"] == "converged" and report["n"] == 101
    assert main(["entropy", str(patterns), "--beta", "1"]) == 0
    assert f"Bethe entropy {bp.belief_propagation(instance, beta=1.0).entropy:.9f}" in capsys.readouterr().out


def test_entropy_that_does_not_converge(patterns, capsys):
    assert main(["entropy", str(patterns), "--max-iter", "2"]) == 1
    assert "did not converge" in sentence(capsys)


@pytest.mark.parametrize("method", ["gaussian", "exact", "amp"])
def test_entropy_without_solutions_has_a_proof_and_an_exit_code(method, tmp_path, capsys):
    path = tmp_path / "impossible.txt"
    path.write_text("1 1 1\n-1 -1 -1\n")
    assert main(["entropy", str(path), "--method", method, "--json"]) == 3
    report = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert (report["entropy"], report["energy"], report["status"]) == ("-inf", None, "unsatisfiable")
    assert main(["entropy", str(path), "--method", method]) == 3
    out, _ = capsys.readouterr()
    assert "Bethe entropy -inf" in out and "no weights satisfy every pattern: patterns 0 and 1" in out
    assert "nan" not in out


def test_entropy_that_is_not_known_is_no_proof(tmp_path, capsys):
    path = tmp_path / "ties.txt"
    path.write_text("1 1 1 1\n-1 -1 -1 -1\n")  # solved by sums of zero only, which Gaussian fields do not know
    assert main(["entropy", str(path)]) == 1
    sentence = capsys.readouterr().err
    assert "did not converge" in sentence and "no weights" not in sentence


def test_a_table_without_any_value_says_so(tmp_path, capsys):
    arguments = ["--kappa", "50", "--alpha", "0.4", "--n", "51", "--samples", "2", "--comparisons", "entropy"]
    assert main(["crosscheck", *arguments, "--workers", "1", "--output", str(tmp_path)]) == 1
    assert "No value to compare in 2 of 2 rows" in capsys.readouterr().out


def damaged(tmp_path, kind):
    path = tmp_path / f"{kind}.dat"
    instance = bp.random_instance(BinaryPerceptron(), 101, 0.5, rng=1)
    bp.write_instance(instance, tmp_path / "good.npz")
    npz = (tmp_path / "good.npz").read_bytes()
    zipped = gzip.compress(b"1 -1 1\n" * 500)
    contents = {
        "empty": b"",
        "empty gzip": gzip.compress(b""),
        "truncated npz": npz[: len(npz) // 2],
        "truncated gzip": zipped[:-10],
        "damaged gzip": zipped[:20] + bytes([zipped[20] ^ 0xFF]) + zipped[21:],
        "pickled": pickle.dumps([[1, -1]]),
        "zeros": b"1 0 1\n",
        "ragged": b"1 1 1\n1 1\n",
        "nan": b"1 nan 1\n",
        "prose": b"patterns follow\n",
        "binary": bytes(range(256)),
    }
    if kind == "directory":
        path.mkdir()
    elif kind == "pickle in npz":
        np.savez(path.with_suffix(".npz"), patterns=np.array([{}], dtype=object), labels=[1], kappa=0.0)
        os.replace(path.with_suffix(".npz"), path)
    elif kind != "missing":
        path.write_bytes(contents[kind])
    return path


KINDS = ["empty", "empty gzip", "truncated npz", "truncated gzip", "damaged gzip", "pickled", "pickle in npz", "zeros"]
KINDS += ["ragged", "nan", "prose", "binary", "directory", "missing"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", ["solve", "entropy"])
def test_bad_files(command, kind, tmp_path, capsys):
    path = damaged(tmp_path, kind)
    before = sorted(os.listdir(tmp_path))
    content = path.read_bytes() if path.is_file() else None
    assert main([command, str(path)]) == 2
    assert path.name in sentence(capsys)
    assert sorted(os.listdir(tmp_path)) == before
    assert content is None or path.read_bytes() == content


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["solve", "--solver", "magic"], "'focusing-bp'"),
        (["solve", "--seed", "-1"], "seed must be a non-negative integer; got -1"),
        (["solve", "--kappa", "nan"], "kappa must be finite"),
        (["entropy", "--method", "magic"], "method must be one of 'gaussian', 'exact', 'amp'; got 'magic'"),
        (["entropy", "--beta", "-1"], "beta must be non-negative"),
        (["entropy", "--damping", "1"], "damping must be in [0, 1)"),
    ],
)
def test_bad_options(arguments, words, patterns, capsys):
    assert main([arguments[0], str(patterns), *arguments[1:]]) == 2
    assert words in sentence(capsys)
    assert sorted(path.name for path in patterns.parent.iterdir()) == ["patterns.txt"]


@pytest.mark.parametrize("option", ["--output", "--checkpoint"])
def test_the_instance_is_not_overwritten(option, patterns, capsys):
    content = patterns.read_bytes()
    same = patterns.parent / "." / patterns.name
    assert main(["solve", str(patterns), option, str(same)]) == 2
    assert f"{option} must be another file than the instance" in sentence(capsys)
    assert patterns.read_bytes() == content


@pytest.mark.parametrize("place", ["file/below", "folder"])
def test_weights_that_cannot_be_written_are_found_out_before_work(place, patterns, tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    monkeypatch.setattr("bp.__main__.solve", None)
    assert main(["solve", str(patterns), "--output", str(tmp_path / place)]) == 2
    assert str(tmp_path / place.split("/")[0]) in sentence(capsys)


def test_a_dead_worker_is_reported(monkeypatch, capsys, tmp_path):
    from concurrent.futures.process import BrokenProcessPool

    def broken(*_, **__):
        raise BrokenProcessPool("worker processes died; 3 finished points are in here")

    monkeypatch.setattr("bp.__main__.crosscheck", broken)
    assert main([*SMALL, "--output", str(tmp_path)]) == 1
    assert "worker processes died; 3 finished points are in here" in sentence(capsys)


@pytest.mark.parametrize("command", [[], ["crosscheck"], ["generate"], ["solve"], ["entropy"], ["local-entropy"]])
def test_help_teaches(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "python -m bp" in text and len(text.splitlines()) > 8


def test_usage_errors_end_with_2(capsys):
    for arguments in ([], ["dance"], ["solve"], ["crosscheck", "--n", "many"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


COMPARE = ["compare", "--alpha", "0.3", "--n", "41", "--samples", "2", "--workers", "1"]


def test_compare_prints_a_table_and_writes_runs_and_a_picture(tmp_path, capsys):
    solvers = ["--solvers", "sbpi", "focusing-bp"]
    assert main([*COMPARE, *solvers, "--distance", "0.1", "--output", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    problems = bp.RandomProblems(BinaryPerceptron(), 0.3, 41, 2)
    found = bp.compare(["sbpi", "focusing-bp"], problems, 1, measurements=["local_entropy"], distance=0.1)
    lines = said.splitlines()
    assert lines[0].split()[:3] == ["solver", "solved", "success"] and lines[1].startswith(found.problems[0])
    assert lines[2].split()[:2] == ["sbpi", "2/2"] and "compare.png" in lines[-1]
    entropy = found.mean("local_entropy")
    assert lines[-3] == f"focusing-bp  {entropy.mean[1, 0, 0]:.4f} ± {entropy.error[1, 0, 0]:.4f}"
    rows = (tmp_path / "compare.csv").read_text().splitlines()
    assert len(rows) == 5 and rows[0] == found.to_csv().splitlines()[0]
    assert (tmp_path / "compare.png").read_bytes().startswith(b"\x89PNG")


def test_compare_says_where_it_has_no_local_entropy(tmp_path, capsys):
    dense = ["--alpha", "0.7", "--distance", "0.001", "0.1"]  # no solution lies so near
    arguments = [*COMPARE, *dense, "--solvers", "simulated-annealing", "--output", str(tmp_path)]
    assert main(arguments) == 0
    said = capsys.readouterr()
    assert "No local entropy in " in said.out and "Warning" not in said.err
    assert main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert told["distance"] == [0.001, 0.1] and told["rows"][0]["local_entropy"][0] is None


def test_compare_goes_on_where_it_was(tmp_path, capsys):
    folder = ["--output", str(tmp_path)]
    tree = ["--units", "3", "--tree", "--n", "45"]
    assert main([*COMPARE, *tree, "--seed", "4", "--solvers", "sbpi", *folder, "--json"]) == 0
    first = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert first["seed"] == 4 and [row["runs"] for row in first["rows"]] == [2]
    assert "tree" in first["rows"][0]["problem"] and first["rows"][0]["errors_left"] is None
    resumed = ["compare", "--resume", *folder, "--json", "--workers", "1"]
    assert main(resumed) == 0 and json.loads(capsys.readouterr().out) == first
    assert main([*resumed, "--samples", "3", "--solvers", "sbpi", "max-sum"]) == 0
    more = json.loads(capsys.readouterr().out)["rows"]
    assert [row["runs"] for row in more] == [3, 0] and "Committee" in more[1]["reason"]
    assert main([*resumed, "--alpha", "0.4"]) == 2 and "drop its points by --force" in sentence(capsys)
    assert main([*COMPARE, "--solvers", "sbpi", "--force", *folder]) == 0


def test_compare_of_nothing_and_of_bad_words(tmp_path, capsys):
    assert main(["compare", "--resume", "--output", str(tmp_path)]) == 2
    assert "no run of compare was begun there" in sentence(capsys)
    assert main([*COMPARE, "--solvers", "sbpy", "--output", str(tmp_path)]) == 2
    assert "solvers must be one of" in sentence(capsys)
    assert main([*COMPARE, "--solvers", "all", "sbpi", "--output", str(tmp_path)]) == 2
    assert "--solvers all stands alone; got all sbpi" in sentence(capsys)
    hard = ["--model", "symmetric", "--kappa", "0.2", "--alpha", "3", "--n", "31", "--seconds", "0.05"]
    assert main([*COMPARE, *hard, "--solvers", "simulated-annealing", "--output", str(tmp_path)]) == 1
    assert "0/2" in capsys.readouterr().out
    problems = bp.RandomProblems(BinaryPerceptron(), 0.3, 41, 1)
    bp.compare({"mine": "sbpi"}, problems, 1, folder=tmp_path / "own")
    assert main(["compare", "--resume", "--output", str(tmp_path / "own")]) == 2
    assert "--resume needs solvers without options" in sentence(capsys)


def test_other_weights_from_the_shell(tmp_path, capsys):
    path = tmp_path / "sphere.npz"
    assert main(["generate", str(path), "--weights", "spherical", "--n", "61", "--alpha", "0.5"]) == 0
    assert bp.read_instance(path).model == BinaryPerceptron(weights=SphericalWeights())
    assert main(["solve", str(path), "--solver", "gradient-descent"]) == 0
    assert main(["local-entropy", str(path), "--distance", "0.2", "--method", "amp"]) == 0
    compared = ["compare", "--output", str(tmp_path / "compared"), "--solvers", "gradient-descent", "--json"]
    assert main([*compared, "--weights", "spherical", "--alpha", "0.5", "--n", "61", "--samples", "1"]) == 0
    assert main([*compared, "--resume"]) == 0  # the weights are those of the run there
    out = capsys.readouterr().out.splitlines()
    assert json.loads(out[-1])["rows"] == json.loads(out[-2])["rows"]
    for words, text in (
        (
            ["--weights", "frog", "--alpha", "1"],
            "weights must be binary, spherical or levels such as -1,0,1; got 'frog'",
        ),
        (["--weights", "spherical", "--ratio", "3"], "--weights is for perceptrons"),
    ):
        assert main(["generate", str(tmp_path / "x.npz"), *words]) == 2
        assert text in sentence(capsys)
