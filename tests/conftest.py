"""Helpers of the tests are found by name: slow readable referees, and workers of other processes."""

import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "helpers"))

# A shell that starts a job in the background has it, and whatever it starts, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
