"""What needs an extra is loaded when it is asked for, and says which extra where it is missing."""

import subprocess
import sys

SCRIPT = """
import sys
import bp
assert "sklearn" not in sys.modules
sys.modules["sklearn"] = None  # whether it is installed or not
for ask in (lambda: bp.BinaryPerceptronClassifier, lambda: bp.CommitteeMachineClassifier):
    try:
        ask()
    except ImportError as error:
        assert "pip install 'binary-perceptron[sklearn]'" in str(error), error
    else:
        raise AssertionError("nothing raised")
assert "torch" not in sys.modules
sys.modules["torch"] = None
for ask in (lambda: bp.networks, lambda: bp.networks.EntropySGD):
    try:
        ask()
    except ImportError as error:
        assert "pip install 'binary-perceptron[torch]'" in str(error), error
    else:
        raise AssertionError("nothing raised")
assert not hasattr(bp, "NoSuchClassifier") and bp.solvers()
"""


def test_classifiers_and_networks_name_their_extra():
    subprocess.run([sys.executable, "-c", SCRIPT], check=True)
