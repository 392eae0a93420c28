"""Command lines: a word that is no value of an option ends in a sentence that names the option, and exit code 2.

What is allowed ends in a table or in JSON, and exit code 0 or 1 (3 for a proof), without a traceback or a warning of
numpy; ``--hypothesis-profile=audit`` tries 500 of each command.
"""

import argparse
import json
import warnings
from itertools import chain

import numpy as np
import pytest
from fuzz_draws import ALPHA, BETA, DISTANCE, INSIDE, INTERVALS, KAPPA, MARGIN
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bp.__main__ import _parser as bp_parser
from bp.__main__ import main as bp_main
from replica_theory.__main__ import _parser as theory_parser
from replica_theory.__main__ import main as theory_main

NO_NUMBERS = ("x", "", "1j", "0x10", "1,5", "1:2", "one", "None", "[1]", "1 2", "1e", "½", "a\0b", "\x1b[0m")
FREE = {"output", "checkpoint", "file", "weights", "comparisons", "solver", "solvers", "method", "patterns"}
"""Paths, and words that the functions themselves look up."""
AUDIT = settings.default.max_examples != 100


def words(option, values, most=1):
    """The option with one value or some; what argparse takes for an option in their place, by `=`."""
    if most == 1:
        return values.map(lambda value: [f"{option}={float(value)!r}"])
    return st.lists(values, min_size=1, max_size=most).map(lambda found: [option, *(repr(float(v)) for v in found)])


def joined(*given):
    """Options one after the other."""
    return st.tuples(*given).map(lambda parts: [*chain(*parts)])


def ends(pairs):
    return ["--model", "interval", *(word for pair in pairs for word in ("--interval", *map(repr, pair)))]


MODELS = st.one_of(
    words("--kappa", KAPPA),
    words("--kappa", MARGIN).map(lambda margin: ["--model", "symmetric", *margin]),
    words("--kappa", MARGIN).map(lambda margin: ["--model", "u-shape", *margin]),
    INTERVALS.map(ends),
    st.just([]),
)
JSON = st.sampled_from([[], ["--json"]])
LINES = {
    "entropy": (theory_main, [words("--alpha", ALPHA, most=2), st.just([]) | words("--beta", BETA)]),
    "capacity": (theory_main, []),
    "curve": (theory_main, [words("--alpha", ALPHA), words("--distance", DISTANCE, most=3)]),
}
MESSAGES = st.sampled_from([[], ["--method=amp"], ["--method=exact", "--damping=0.5"], ["--max-iter=1"]])


def options():
    """Every option of every command that has a value, with what the command needs beside it."""
    for main, parser in ((theory_main, theory_parser()), (bp_main, bp_parser())):
        for command, of_command in next(
            a for a in parser._actions if isinstance(a, argparse._SubParsersAction)
        ).choices.items():
            for action in of_command._actions:
                if action.option_strings and action.nargs != 0 and action.dest not in FREE:
                    yield main, command, of_command, action


def arguments(command, parser, action, text):
    """The command with one bad value; the option's own number of values."""
    option = action.option_strings[-1]
    needed = [
        a for a in parser._actions if (a.required or not a.option_strings) and a.dest not in (action.dest, "help")
    ]
    rest = [word for a in needed for word in ([a.option_strings[-1], "0.5"] if a.option_strings else ["nowhere.txt"])]
    count = action.nargs if isinstance(action.nargs, int) else 1
    return [command, *rest, *([f"{option}={text}"] if count == 1 else [option, *[text] * count])]


@pytest.mark.parametrize(
    ("main", "command", "parser", "action"),
    [*options()],
    ids=lambda value: getattr(value, "dest", None) or str(value)[:9],
)
def test_what_is_no_value_of_an_option(main, command, parser, action, capsys):
    def refused(text):
        try:
            code = main(arguments(command, parser, action, text))
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        assert code == 2 and not said.out and "Traceback" not in said.err
        assert action.option_strings[-1] in said.err and "\x1b" not in said.err

    for text in NO_NUMBERS:
        refused(text)

    @given(st.text(st.characters(exclude_characters="0123456789:inf\n"), max_size=6))
    @settings(max_examples=10, deadline=None, database=None, derandomize=True)
    def any_text(text):
        refused(text + "x")

    any_text()


def run(main, line, capsys):
    """Exit code and what was printed, with numpy's warnings as errors."""
    capsys.readouterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        code = main(line)
    said = capsys.readouterr()
    assert "Traceback" not in said.err and "Warning" not in said.err
    if "--json" in line and said.out:
        json.loads(said.out)
    return code, said


def tried(count):
    return settings(max_examples=500 if AUDIT else count, deadline=None, database=None, derandomize=True,
                    phases=(Phase.generate,), suppress_health_check=list(HealthCheck))  # fmt: skip


@pytest.mark.parametrize("command", LINES)
def test_theory_of_what_is_allowed(command, capsys):
    main, parts = LINES[command]

    @given(joined(st.just([command]), MODELS, JSON, *parts))
    @tried(3)
    def fuzzed(line):
        code, said = run(main, line, capsys)
        assert (code == 0 and said.out) or (code == 1 and said.err), line

    fuzzed()


def test_instances_of_what_is_allowed(tmp_path, capsys):
    """Drawn, solved, counted and looked around in, from one file."""
    file, weights = str(tmp_path / "instance.npz"), str(tmp_path / "weights.txt")

    @given(joined(MODELS, words("--alpha", st.floats(0.3, 2))), st.integers(0, 2**70), st.sampled_from([3, 11, 30]),
           JSON, MESSAGES, words("--distance", INSIDE, most=3))  # fmt: skip
    @tried(3)
    def fuzzed(model, seed, n, form, messages, distances):
        code, _ = run(bp_main, ["generate", file, "--force", f"--n={n}", f"--seed={seed}", *model, *form], capsys)
        assert code == 0
        code, said = run(bp_main, ["solve", file, "--output", weights, "--force", f"--seed={seed}", *form], capsys)
        assert code in (0, 1, 3) and (said.out or said.err)
        code, said = run(bp_main, ["entropy", file, *messages, *form], capsys)
        assert code in (0, 1, 3) and (said.out or said.err)
        np.savetxt(weights, np.where(np.arange(n) % 3, 1, -1)[None], fmt="%d")
        line = ["local-entropy", file, "--weights", weights, *messages, *distances, *form]
        code, said = run(bp_main, line, capsys)
        assert code in (0, 1, 3) and (said.out or said.err)

    fuzzed()
