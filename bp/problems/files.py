"""Problems in files: two text formats and ``.npz``, read by content, written whole or not at all."""

from __future__ import annotations

import gzip
import io
import json
import os
from pathlib import Path
from typing import IO, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bp.memory import require_memory
from bp.problems import _bits
from bp.problems.committee import Committee
from bp.problems.constraint import CONSTRAINTS, Constraint, checked_constraint, kind_of, word
from bp.problems.patterns import LabelledPatterns, checked_bits, checked_patterns
from bp.problems.perceptron import Instance
from bp.problems.reading import BLOCK, opened, text_blocks
from bp.problems.text import Architecture, SignText, parse_signs
from replica_theory.arguments import FINITE, checked_binary, checked_choice, checked_kind, checked_number, checked_path
from replica_theory.models.model import Model
from replica_theory.models.registry import describe, is_description, models, restore
from replica_theory.results.files import read_npz, replace_file

Format = Literal["text", "labels", "npz"]

_SUFFIXES: dict[str, Format] = {".txt": "text", ".tsv": "labels", ".npz": "npz"}
_ZIP = b"PK"
_DIGIT, _MINUS, _NEWLINE = b"1-\n"


def read_instance(
    path: str | os.PathLike[str],
    *,
    kappa: float | None = None,
    constraint: Constraint | None = None,
) -> Instance | Committee:
    r"""Read an instance or a committee machine from a file; the format is recognised from the content.

    Parameters
    ----------
    path : path-like, or "-"
        Where, or standard input (a file of that name is ``"./-"``). One of

        - text, one pattern a line, entries ±1 separated by blanks or by commas, all labels +1;
        - text with tabs: a first line of `P` labels, then `P` lines of `N` entries, ±1 and tab-separated;
        - ``.npz`` with ``patterns`` (P, N), ``labels`` (P,), ``kappa`` and optionally ``constraint`` and ``teacher``;
          with ``n`` too, ``patterns`` are rows of ceil(N/8) bytes, little-endian bits set where an entry is +1; with
          ``model``, that is the constraint, class and constructor arguments as JSON; with ``units`` and ``tree``, it is
          a committee machine.

        The text formats may be gzipped, and hold comments (from ``#`` to the end of a line), empty lines, a byte order
        mark (UTF-8, UTF-16), and line ends of any system. A comment before the first pattern, such as
        ``# committee units=5 tree=false``, says that the patterns are those of a committee machine: of N/5 entries, or
        of N for a tree. Text is read block by block, and kept as bits.
    kappa : float, optional
        Margin, which text files do not hold (default 0 there). An ``.npz`` must agree with it.
    constraint : str or Model, optional
        Constraint as for `Instance`, which text files do not hold (default ``"margin"``). An ``.npz`` must agree with
        it.

    Returns
    -------
    Instance or Committee

    Raises
    ------
    OSError
        If the file does not exist or cannot be read.
    ValueError
        If the file is empty, damaged, truncated, pickled or in no known format, holds other entries than ±1 as text, or
        disagrees with a keyword or with itself.
    MemoryError
        If the patterns do not fit in memory.

    See Also
    --------
    write_instance

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "patterns.txt")
    ...     _ = path.write_text("1 -1 1\n-1 -1 1\n")
    ...     read_instance(path).xi.tolist()
    [[1, -1, 1], [-1, -1, 1]]
    """
    path = checked_path("path", path)
    _check_keywords(kappa, constraint)
    with opened(path) as (file, name):
        return instance_in(file.read(BLOCK), file, name, kappa, constraint)


def instance_in(
    head: bytes, file: IO[bytes], name: str, kappa: float | None, constraint: Constraint | None
) -> Instance | Committee:
    """The instance in an open file of which `head` is read already, `name` being what to call it."""
    _check_keywords(kappa, constraint)
    try:
        if head.startswith(_ZIP):
            return _from_npz(head + file.read(), kappa, constraint)
        return _from_text(parse_signs(text_blocks(head, file)), kappa, "margin" if constraint is None else constraint)
    except (ValueError, TypeError) as error:
        raise ValueError(f"cannot read an instance from {name}: {error}") from error


def _check_keywords(kappa: Any, constraint: Any) -> None:
    """Refuse margins and constraints that there are not."""
    if kappa is not None:
        checked_number("kappa", kappa, FINITE)
    if isinstance(constraint, Model):
        checked_constraint(constraint, kappa)
    elif constraint is not None and not _is_class_name(constraint):
        kind_of(constraint)  # refuses what is no word either


def write_instance(instance: Instance | Committee, path: str | os.PathLike[str], format: Format | None = None) -> None:
    r"""Write an instance or a committee machine to a file, completely or not at all.

    The file is written under a temporary name in the same folder and then renamed, so that neither an error nor an
    interruption leaves half a file or touches an existing one.

    Parameters
    ----------
    instance : Instance or Committee
        What to write: its patterns and labels as they came in.
    path : path-like
        Where. The suffix ``.txt``, ``.tsv`` or ``.npz`` gives the format unless `format` does; a text file whose name
        ends in ``.gz`` is gzipped.
    format : {"text", "labels", "npz"}, optional
        ``"text"``: one pattern a line, times its label, space-separated; ``"labels"``: a first line of labels, then the
        patterns, tab-separated; both begin with a comment that says of which committee machine they are, where they
        are; ``"npz"``: everything, real patterns included.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If the format is unknown, a text format would lose a margin, a constraint, a teacher or real patterns, or the
        constraint is code, which no file keeps.

    See Also
    --------
    read_instance

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from bp import Instance
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "instance.npz")
    ...     write_instance(Instance([[0.5, -1.5]], kappa=0.1), path)
    ...     read_instance(path).kappa
    0.1
    """
    checked_kind("instance", instance, Instance, Committee)
    path = Path(checked_path("path", path))
    if format is None:
        format = _format_of(path)
    checked_choice("format", format, get_args(Format))
    if format == "npz":
        data = _to_npz(instance)
    else:
        data = _to_text(instance, format)
        if path.suffix == ".gz":
            data = gzip.compress(data, compresslevel=4, mtime=0)
    replace_file(path, data)


def _is_class_name(constraint: Any) -> bool:
    """Whether a model of that class may be what a file holds."""
    return isinstance(constraint, str) and constraint in {entry.kind.__name__ for entry in models().values()}


def _format_of(path: Path) -> Format:
    suffix = (path.with_suffix("") if path.suffix == ".gz" else path).suffix
    zipped_npz = suffix == ".npz" and path.suffix == ".gz"
    if suffix not in _SUFFIXES or zipped_npz:
        known = ", ".join(f"{s} ({name})" for s, name in _SUFFIXES.items())
        raise ValueError(
            f"path must have a suffix, {path.name!r} does not tell the format: end it in {known}, or give format="
        )
    return _SUFFIXES[suffix]


def _from_text(text: SignText, kappa: float | None, constraint: Constraint) -> Instance | Committee:
    n, bits, labels, committee = text
    if committee is None:
        return Instance.from_bits(bits, n, labels, kappa, constraint=constraint)
    data = LabelledPatterns.of(checked_bits(bits, n), bits, None, labels)
    return _committee(data, *committee, checked_constraint(constraint, kappa))


def _from_npz(data: bytes, kappa: float | None, constraint: Constraint | None) -> Instance | Committee:
    arrays = read_npz(data, lambda size: require_memory(2 * size, "the arrays of the .npz", "take fewer patterns"))
    missing = [name for name in ("patterns", "labels", "kappa") if name not in arrays]
    if missing:
        raise ValueError(f"the .npz archive holds no {', '.join(missing)}; it holds {', '.join(arrays) or 'nothing'}")
    model = _stored_model(arrays)
    if kappa is not None and kappa != model.kappa:
        raise ValueError(f"kappa={kappa!r} was asked for but the file holds kappa={model.kappa!r}")
    if constraint is not None and constraint not in (model, word(model), type(model).__name__):
        held = word(model) if word(model) in CONSTRAINTS and not isinstance(constraint, Model) else model
        raise ValueError(f"constraint={constraint!r} was asked for but the file holds constraint={held!r}")
    patterns, labels, teacher = arrays["patterns"], arrays["labels"], arrays.get("teacher")
    if "units" in arrays:
        if "n" in arrays:
            n = _checked_width(patterns, arrays["n"])
            bits = _bits.from_bytes(patterns, n)
            labelled = LabelledPatterns.of(checked_bits(bits, n), bits, None, labels)
        else:
            labelled = LabelledPatterns.of(*checked_patterns(patterns), labels)
        tree = arrays["tree"].tolist() if "tree" in arrays else False
        return _committee(labelled, arrays["units"].tolist(), tree, model, teacher)
    if "n" not in arrays:
        return Instance(patterns, labels, constraint=model, teacher=teacher, thresholds=arrays.get("thresholds"))
    n = _checked_width(patterns, arrays["n"])
    return Instance.from_bits(_bits.from_bytes(patterns, n), n, labels, constraint=model, teacher=teacher)


def _committee(
    data: LabelledPatterns, units: Any, tree: Any, model: Model, teacher: NDArray[Any] | None = None
) -> Committee:
    """The machine of a file, whose units have a margin."""
    if word(model) != "margin":
        raise ValueError(f"the units of a committee machine have a margin; got constraint={word(model)!r}")
    checked_binary(model)
    return Committee.of(data, units, tree=tree, kappa=float(model.kappa), teacher=teacher)


def _stored_model(arrays: dict[str, NDArray[Any]]) -> Model:
    if "model" not in arrays:
        constraint = str(arrays["constraint"]) if "constraint" in arrays else "margin"
        return checked_constraint(constraint, arrays["kappa"].tolist())
    try:
        description = json.loads(str(arrays["model"]))
    except (json.JSONDecodeError, RecursionError):
        description = None
    if not isinstance(description, dict) or not is_description(description):
        raise ValueError("the .npz archive is damaged (its model is no description of one)")
    model = restore(description)
    if not isinstance(model, Model):
        raise ValueError(f"the .npz archive is damaged (its model is {model!r}, which has no patterns)")
    model = checked_constraint(model)
    held = {"kappa": model.kappa, "constraint": word(model)}
    for name, value in held.items():
        if name in arrays and arrays[name].tolist() != value:
            raise ValueError(f"the .npz archive contradicts itself: {name}={arrays[name].tolist()!r}, model={model!r}")
    return model


def _checked_width(rows: NDArray[Any], n: NDArray[Any]) -> int:
    """Number of weights of patterns stored as bits, if it fits the rows."""
    if rows.dtype != np.uint8 or rows.ndim != 2 or not len(rows):
        raise ValueError(f"patterns as bits must be rows of uint8; got {rows.dtype} of shape {rows.shape}")
    if n.ndim or n.dtype.kind not in "iu" or n < 1 or rows.shape[1] != -(-int(n) // 8):
        raise ValueError(f"n={n.tolist()!r} does not fit patterns as rows of {rows.shape[1]} bytes")
    return int(n)


def _to_npz(instance: Instance | Committee) -> bytes:
    """Patterns of ±1 as rows of ceil(N/8) bytes, little-endian bits set for +1, with `n`; real ones as they are."""
    data = instance.data if isinstance(instance, Committee) else instance
    patterns = data.patterns
    arrays: dict[str, Any] = {
        "patterns": _bits.as_bytes(_bits.pack(patterns), data.n) if data.is_binary else patterns,
        "labels": data.labels,
        "kappa": np.float64(instance.kappa),
        "constraint": np.str_(word(instance.model)),
    }
    if isinstance(instance, Committee):
        arrays |= {"units": np.int64(instance.units), "tree": np.bool_(instance.tree)}
    model = instance.model
    if type(model) not in CONSTRAINTS.values() or instance.domain != "spins":
        description = describe(model)
        if "is" in description:
            raise ValueError(f"cannot write what cannot be read back: the constraint {model!r} is code")
        arrays["model"] = np.str_(json.dumps(description))
    if data.is_binary:
        arrays["n"] = np.int64(data.n)
    if instance.teacher is not None:
        arrays["teacher"] = instance.teacher
    if isinstance(instance, Instance) and instance.thresholds is not None:
        arrays["thresholds"] = instance.thresholds
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _to_text(instance: Instance | Committee, format: Format) -> bytes:
    """The patterns in lines, after one that says of which committee machine they are."""
    data: LabelledPatterns = instance.data if isinstance(instance, Committee) else instance
    constraint, head = word(instance.model), b""
    if isinstance(instance, Committee):
        head = f"{Architecture(instance.units, instance.tree).comment}\n".encode()
    lost = {
        f"kappa={instance.kappa}": instance.kappa != 0,
        f"constraint={constraint!r}": constraint != "margin",
        f"weights={instance.model.weights!r}": instance.domain != "spins",
        "the teacher": instance.teacher is not None,
        "the thresholds": isinstance(instance, Instance) and instance.thresholds is not None,
        "real patterns": not data.is_binary,
    }
    for what, is_lost in lost.items():
        if is_lost:
            raise ValueError(f"format {format!r} would lose {what}; write an .npz")
    if format == "text":
        return head + _joined(data.xi, b" ")
    if data.n * data.n_patterns == 1:
        raise ValueError("format 'labels' needs more than one pattern or weight to be recognised; write another format")
    return head + _joined(data.labels[None], b"\t") + _joined(data.patterns, b"\t")


def _joined(signs: NDArray[np.int8], separator: bytes) -> bytes:
    """Lines of separated 1 and -1."""
    cells = np.empty((*signs.shape, 3), dtype=np.uint8)
    cells[..., 0] = np.where(signs < 0, _MINUS, 0)
    cells[..., 1] = _DIGIT
    cells[..., 2] = separator[0]
    cells[:, -1, 2] = _NEWLINE
    return cells[cells > 0].tobytes()
