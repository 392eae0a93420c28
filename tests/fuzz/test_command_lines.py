"""Command lines: a word that is no value of an option ends in a sentence that names the option, and exit code 2."""

import argparse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bp.__main__ import _parser as bp_parser
from bp.__main__ import main as bp_main
from replica_theory.__main__ import _parser as theory_parser
from replica_theory.__main__ import main as theory_main

NO_NUMBERS = ("x", "", "1j", "0x10", "1,5", "1:2", "one", "None", "[1]", "1 2", "1e", "½", "a\0b", "\x1b[0m")
FREE = {"output", "checkpoint", "file", "weights", "comparisons", "solver", "method", "patterns"}
"""Paths, and words that the functions themselves look up."""
NEEDED = {"--alpha": ["--alpha", "0.5"]}


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
