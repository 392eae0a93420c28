"""Helpers of the tests are found by name: slow readable referees, and workers of other processes."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "helpers"))
