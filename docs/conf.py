"""Sphinx configuration; how to build the site is on the page ``building``."""

import importlib
import importlib.util
import shutil
import sys
from pathlib import Path

import jupytext
import nbformat
from docutils.nodes import Element, emphasis
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

import replica_theory

here = Path(__file__).parent
sys.path.insert(0, str(here))
import derived  # noqa: E402
import floors  # noqa: E402

PACKAGES = ("replica_theory", "bp")

project = "binary-perceptron"
author = "The binary-perceptron developers"
copyright = author
version = release = replica_theory.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinxcontrib.bibtex",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = project
html_copy_source = False

autodoc_mock_imports = [] if importlib.util.find_spec("torch") else ["torch"]
nb_execution_mode = "off"  # the notebooks come executed, or not: see notebooks()
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
numfig = True  # equations carry the number of their page
mathjax_path = "mathjax.js"  # one file with all that formulas need, of the site itself: see bring_mathjax()
mathjax3_config = {"svg": {"fontCache": "global"}}
bibtex_bibfiles = ["references.bib"]

default_role = "py:obj"  # `name` in a docstring: a link if it is documented
autodoc_typehints = "none"  # types stand in the docstrings
autodoc_member_order = "bysource"
numpydoc_show_class_members = False  # autodoc lists them
nitpicky = True
nitpick_ignore_regex = [("py:obj", r"[^.]*"), ("py:obj", r"(xarray|Axes|torch)\..*")]  # parameters; names of others

logger = logging.getLogger(__name__)


def gather_notebooks(app: Sphinx) -> None:
    """Put the notebooks into the source folder: executed ones if they are up to date, the bare scripts otherwise."""
    target = here / "notebooks"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for script in sorted((here.parent / "notebooks").glob("*.py")):
        if script.name == "run.py":
            continue
        bare, executed = jupytext.read(script), script.with_suffix(".ipynb")
        place = target / executed.name
        if executed.exists() and _cells(nbformat.read(executed, 4)) == _cells(bare):
            shutil.copyfile(executed, place)
        else:
            logger.info(f"{script.name}: shown without output (python notebooks/run.py --keep executes it)")
            bare.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
            nbformat.write(bare, place)


def bring_mathjax(app: Sphinx, failure: Exception | None) -> None:
    """Put MathJax beside the pages, so that formulas need no network: its file with every TeX extension, SVG output."""
    package = importlib.util.find_spec("sphinx-mathjax-offline")
    if package is None or package.origin is None:
        raise ExtensionError("sphinx-mathjax-offline is not installed: pip install -e '.[docs]'")
    bundle = Path(package.origin).parent / "static" / "mathjax" / "tex-svg-full.js"
    if failure is None:
        shutil.copyfile(bundle, Path(app.outdir, "_static", "mathjax.js"))


def draw_floors(app: Sphinx) -> None:
    """Draw the picture of the page ``architecture`` from the imports as they are."""
    floors.write(here)


def derive_equations(app: Sphinx) -> None:
    """Derive the equations of the page ``derived_equations`` from the functionals as they are."""
    derived.write(here / "theory")


def _cells(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells]


def find_in_packages(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: Element) -> Element | None:
    """Resolve a name that a docstring gives without its package; set a symbol, such as `q`, in italics."""
    if node["reftype"] != "obj":
        return None
    domain, target = env.get_domain("py"), node["reftarget"]
    own = str(node.get("py:module", "")).split(".")[0]
    # The fields of a dataclass stand in the description of the class.
    for name in (f"{package}.{t}" for t in (target, target.rpartition(".")[0]) for package in (own, *PACKAGES)):
        if name in domain.objects:
            return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", name, node, content)
    return emphasis(target, target) if len(target) <= 2 else None


def check_api(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of public names that no page documents."""
    documented = env.get_domain("py").objects
    for package in PACKAGES if autodoc_mock_imports else (*PACKAGES, "bp.networks"):
        for name in importlib.import_module(package).__all__:
            if f"{package}.{name}" not in documented:
                logger.warning(f"{package}.{name} is public but stands on no page of the reference")


def setup(app: Sphinx) -> None:
    """Connect the steps of our own."""
    app.connect("builder-inited", gather_notebooks)
    app.connect("builder-inited", draw_floors)
    app.connect("builder-inited", derive_equations)
    app.connect("missing-reference", find_in_packages)
    app.connect("env-check-consistency", check_api)
    app.connect("build-finished", bring_mathjax)
