"""The examples of the README run as they stand, in one folder; numbers in their comments are what comes out."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bp.__main__ import main as bp_main
from replica_theory.__main__ import main as theory_main

MAINS = {"bp": bp_main, "replica_theory": theory_main}
README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
LEADING_NUMBERS = re.compile(r"#\s*((?:[-\d.,\s\[\]]|e-)+)")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def shown(comment):
    """Numbers at the beginning of a comment, with half a unit of their last digit."""
    text = LEADING_NUMBERS.match(comment)
    numbers = re.findall(r"-?\d+\.\d+", text[1]) if text else []
    return [(float(number), 0.5 * 10.0 ** -len(number.partition(".")[2])) for number in numbers]


def flat(value):
    return [number for part in value for number in flat(part)] if np.ndim(value) else [float(value)]


def run(block, names):
    """Execute a block, statement by statement; expressions are compared with the numbers beside them."""
    lines = block.splitlines()
    for statement in ast.parse(block).body:
        if not isinstance(statement, ast.Expr):
            exec(compile(ast.Module([statement], []), "README.md", "exec"), names)
            continue
        value = eval(compile(ast.Expression(statement.value), "README.md", "eval"), names)
        expected = shown(lines[statement.end_lineno - 1][statement.end_col_offset :].strip())
        if expected:
            got = [number for part in (value if isinstance(value, tuple) else (value,)) for number in flat(part)]
            assert len(got) == len(expected), ast.unparse(statement)
            for number, (wanted, tolerance) in zip(got, expected, strict=True):
                assert number == pytest.approx(wanted, abs=1.01 * tolerance), ast.unparse(statement)


@pytest.mark.slow
def test_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    names = {}
    for block in blocks("python"):
        run(block, names)
    assert {path.name for path in tmp_path.iterdir()} >= {"curve.nc", "ensemble.nc", "run"}


@pytest.mark.slow
def test_shell(tmp_path, monkeypatch, capsys):
    """Every line that calls the packages, one after the other in an empty folder: nothing is prepared for them.

    The first of each package has a process of its own; the others would take longer to start than to run.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    commands = [line.partition("  #")[0] for block in blocks("sh") for line in block.splitlines()]
    commands = [line for line in commands if line.startswith("python -m ")]
    called = {" ".join(shlex.split(command)[2:4]) for command in commands}
    assert called >= {
        "bp generate",
        "bp solve",
        "bp entropy",
        "bp local-entropy",
        "bp crosscheck",
        "replica_theory curve",
    }
    started = set()
    for command in commands:
        module, *arguments = shlex.split(command)[2:]
        code = alone(module, arguments) if module not in started else ended(MAINS[module], arguments)
        started.add(module)
        said = capsys.readouterr()
        assert code == 0, f"{command}\n{said.out}\n{said.err}"
    assert started == MAINS.keys()


def alone(module, arguments):
    """Exit code of a command in a process of its own, its output passed on."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    print(done.stdout, done.stderr)
    return done.returncode


def ended(main, arguments):
    """Exit code of a command in this process."""
    try:
        return main(arguments)
    except SystemExit as end:  # --version
        return end.code
