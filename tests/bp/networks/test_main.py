"""The command line of the worked example."""

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")
pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra [sklearn])")

from bp.networks.__main__ import main

SMALL = ["--train", "40", "--epochs", "1", "--width", "2", "--draws", "2", "--methods", "sgd", "split"]


def test_trains_and_goes_on(tmp_path, capsys):
    folder = str(tmp_path / "run")
    assert main([*SMALL, "--output", folder]) == 0
    first = capsys.readouterr().out
    assert len(first.splitlines()) == 4 and "training.png" in first
    assert main([*SMALL, "--output", folder]) == 0
    assert capsys.readouterr().out == first
    assert main([*SMALL, "--lr", "0.5", "--output", folder]) == 2
    assert "of another run" in capsys.readouterr().err


def test_bad_input_is_said_in_a_sentence(tmp_path, capsys):
    for options, words in ((["--lr", "-1"], "lr must be positive"), (["--train", "0"], "train must be an integer"),
                           (["--data", "cifar10", "--folder", str(tmp_path)], "")):  # fmt: skip
        assert main(options) == 2
        said = capsys.readouterr().err
        assert said.startswith("python -m bp.networks: ") and words in said
