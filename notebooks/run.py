"""Execute notebooks (``py:percent`` scripts) from top to bottom; a failing cell fails the run, once all are tried.

``python notebooks/run.py`` runs all of them at reduced size, ``python notebooks/run.py focusing symmetric`` those two,
``--full`` at full size, and ``--keep`` writes the executed notebooks beside the scripts as
``.ipynb``.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

here = Path(__file__).parent
scripts = {path.stem: path for path in sorted(here.glob("*.py")) if path.name != "run.py"}
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(scripts)}; all by default")
parser.add_argument("--full", action="store_true", help="full size instead of the reduced one")
parser.add_argument("--keep", action="store_true", help="write the executed notebooks")
arguments = parser.parse_args()
if unknown := sorted(set(arguments.names) - set(scripts)):
    parser.error(f"no notebook {', '.join(unknown)}; there are {', '.join(scripts)}")

os.environ["FAST"] = "0" if arguments.full else "1"
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
failed = []
for name in arguments.names or scripts:
    start = time.perf_counter()
    notebook = jupytext.read(scripts[name])
    client = NotebookClient(notebook, timeout=3600, kernel_name="python3", resources={"metadata": {"path": here}})
    try:
        client.execute()
    except CellExecutionError as error:
        failed.append(name)
        print(f"{name}: failed\n{error}", file=sys.stderr)
    else:
        print(f"{name}: executed in {time.perf_counter() - start:.0f} s", flush=True)
    if arguments.keep:
        nbformat.write(notebook, scripts[name].with_suffix(".ipynb"))
sys.exit(f"failed: {', '.join(failed)}" if failed else 0)
