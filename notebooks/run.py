"""Execute every notebook (a ``py:percent`` script) from top to bottom; a failing cell fails the run.

``python notebooks/run.py`` runs at reduced size, ``python notebooks/run.py --full`` at full size, and
``--keep`` writes the executed notebooks beside the scripts as ``.ipynb``.
"""

import os
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

here = Path(__file__).parent
os.environ["FAST"] = "0" if "--full" in sys.argv else "1"
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
for script in sorted(here.glob("*.py")):
    if script.name == "run.py":
        continue
    start = time.perf_counter()
    notebook = jupytext.read(script)
    NotebookClient(notebook, timeout=3600, kernel_name="python3", resources={"metadata": {"path": here}}).execute()
    if "--keep" in sys.argv:
        nbformat.write(notebook, script.with_suffix(".ipynb"))
    print(f"{script.name}: executed in {time.perf_counter() - start:.0f} s")
