"""The check that built pages need no network (the pages themselves are built and checked by ``.ci/run``)."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "docs" / "offline.py"
PAGE = """<html><head><link rel="stylesheet" href="style.css?v=1"><link rel="canonical" href="https://x.org/a.html">
<script defer="defer" src="{script}"></script></head><body><a href="https://doi.org/10">paper</a>
<img src="data:image/png;base64,AA=="><span class="math notranslate nohighlight">\\\\(q\\\\)</span></body></html>"""


@pytest.fixture
def offline():
    spec = importlib.util.spec_from_file_location("offline", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def site(folder, script="mathjax.js", style="body { background: url(data:image/png;base64,AA==) }"):
    (folder / "index.html").write_text(PAGE.format(script=script))
    (folder / "style.css").write_text(style)
    (folder / "mathjax.js").write_text("")
    return folder


def test_pages_that_bring_everything(offline, tmp_path):
    assert offline.faults(site(tmp_path)) == []
    done = subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"script": "https://cdn.org/mathjax.js"}, "index.html loads https://cdn.org/mathjax.js"),
        ({"script": "//cdn.org/mathjax.js"}, "index.html loads //cdn.org/mathjax.js"),
        ({"script": "_static/mathjax.js"}, "index.html loads _static/mathjax.js, which is not there"),
        ({"script": "style.css"}, "index.html has 1 formulas and no MathJax"),
        ({"style": "@import url('https://fonts.org/a.css');"}, "style.css loads https://fonts.org/a.css"),
    ],
)
def test_faults_are_named(options, fault, offline, tmp_path):
    assert offline.faults(site(tmp_path, **options)) == [fault]
    done = subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True, text=True)
    assert done.returncode == 1 and fault in done.stderr


def test_nothing_built(tmp_path):
    done = subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True, text=True)
    assert done.returncode == 1 and "holds no built pages" in done.stderr
