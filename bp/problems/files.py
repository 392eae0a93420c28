"""Instances in files: two text formats and ``.npz``, read by content, written whole or not at all."""

from __future__ import annotations

import gzip
import io
import json
import os
import zlib
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bp.problems import _bits
from bp.problems.constraint import CONSTRAINTS, Constraint, checked_constraint, kind_of, word
from bp.problems.perceptron import Instance
from replica_theory.arguments import FINITE, checked_choice, checked_kind, checked_number, checked_path
from replica_theory.models.model import Model
from replica_theory.models.registry import describe, is_description, models, restore
from replica_theory.results.files import replace_file

Format = Literal["text", "labels", "npz"]

_SUFFIXES: dict[str, Format] = {".txt": "text", ".tsv": "labels", ".npz": "npz"}
_GZIP, _ZIP = b"\x1f\x8b", b"PK"
_FOREIGN = {
    b"\x93NUMPY": "a single .npy array; an instance is an .npz with patterns, labels and kappa",
    b"\x80": "a pickle, which is never loaded",
    b"\x89HDF": "an HDF5 file",
}
_DIGIT, _MINUS, _PLUS, _NEWLINE = b"1-+\n"
_BLANKS = b" \t\n\r"


def read_instance(
    path: str | os.PathLike[str],
    *,
    kappa: float | None = None,
    constraint: Constraint | None = None,
) -> Instance:
    r"""Read an instance from a file; the format is recognised from the content.

    Parameters
    ----------
    path : path-like
        One of

        - text, one pattern a line, entries ±1 separated by blanks, all labels +1;
        - text with tabs: a first line of `P` labels, then `P` lines of `N` entries, ±1 and tab-separated;
        - ``.npz`` with ``patterns`` (P, N), ``labels`` (P,), ``kappa`` and optionally ``constraint`` and ``teacher``;
          with ``n`` too, ``patterns`` are rows of ceil(N/8) bytes, little-endian bits set where an entry is +1; with
          ``model``, that is the constraint, class and constructor arguments as JSON.

        The text formats may be gzipped.
    kappa : float, optional
        Margin, which text files do not hold (default 0 there). An ``.npz`` must agree with it.
    constraint : str or Model, optional
        Constraint as for `Instance`, which text files do not hold (default ``"margin"``). An ``.npz`` must agree with
        it.

    Returns
    -------
    Instance

    Raises
    ------
    OSError
        If the file does not exist or cannot be read.
    ValueError
        If the file is empty, damaged, truncated, pickled or in no known format, or disagrees with a keyword.

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
    if kappa is not None:
        checked_number("kappa", kappa, FINITE)
    if isinstance(constraint, Model):
        checked_constraint(constraint, kappa)
    elif constraint is not None and not _is_class_name(constraint):
        kind_of(constraint)  # refuses what is no word either
    data = Path(path).read_bytes()
    try:
        if data.startswith(_ZIP):
            return _from_npz(data, kappa, constraint)
        xi, labels = _from_text(_unzipped(data))
        return Instance(xi, labels, kappa, constraint="margin" if constraint is None else constraint)
    except (ValueError, TypeError) as error:
        raise ValueError(f"cannot read an instance from {os.fspath(path)!r}: {error}") from error


def write_instance(instance: Instance, path: str | os.PathLike[str], format: Format | None = None) -> None:
    r"""Write an instance to a file, completely or not at all.

    The file is written under a temporary name in the same folder and then renamed, so that neither an error nor an
    interruption leaves half a file or touches an existing one.

    Parameters
    ----------
    instance : Instance
        What to write: its patterns and labels as they came in.
    path : path-like
        Where. The suffix ``.txt``, ``.tsv`` or ``.npz`` gives the format unless `format` does; a text file whose name
        ends in ``.gz`` is gzipped.
    format : {"text", "labels", "npz"}, optional
        ``"text"``: one pattern a line, times its label, space-separated; ``"labels"``: a first line of labels, then the
        patterns, tab-separated; ``"npz"``: everything, real patterns included.

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
    checked_kind("instance", instance, Instance)
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


def _unzipped(data: bytes) -> bytes:
    if not data:
        raise ValueError("the file is empty")
    for start, what in _FOREIGN.items():
        if data.startswith(start):
            raise ValueError(f"it is {what}")
    if not data.startswith(_GZIP):
        return data
    try:
        text = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"the gzipped data are damaged or truncated ({error})") from None
    if not text:
        raise ValueError("the gzipped file is empty")
    return text


def _from_text(text: bytes) -> tuple[NDArray[np.int8], NDArray[np.int8] | None]:
    """Patterns, and labels if the text has them (it does if it has tabs)."""
    values, widths, lines = _parsed_quickly(text) or _parsed_carefully(text)
    if not len(values):
        raise ValueError("the file holds no patterns")
    labels = None
    if b"\t" in text:
        labels, values = values[: widths[0]], values[widths[0] :]
        widths, lines = widths[1:], lines[1:]
        if len(labels) != len(widths):
            raise ValueError(
                f"tab-separated text starts with a line of labels: the first line holds {len(labels)} entries but "
                f"{len(widths)} patterns follow"
            )
    odd = np.flatnonzero(widths != widths[0])
    if len(odd):
        where, n = int(lines[odd[0]]), int(widths[0])
        raise ValueError(f"line {where} holds {widths[odd[0]]} entries where line {lines[0]} holds {n}")
    return values.reshape(len(widths), -1), labels


Parsed = tuple[NDArray[np.int8], NDArray[np.intp], NDArray[np.intp]]


def _parsed_quickly(text: bytes) -> Parsed | None:
    """Entries, entries per line that has any, and numbers of these lines; None unless all tokens are 1, +1 or -1."""
    raw = np.frombuffer(b"\n" + text + b"\n", dtype=np.uint8)
    ones = np.flatnonzero(raw == _DIGIT)
    signs = np.count_nonzero((raw == _MINUS) | (raw == _PLUS))
    is_blank = np.zeros(256, dtype=bool)
    is_blank[list(_BLANKS)] = True
    before = raw[ones - 1]
    signed = ones[(before == _MINUS) | (before == _PLUS)]
    canonical = (
        len(signed) == signs
        and is_blank[raw[signed - 2]].all()
        and is_blank[raw[ones + 1]].all()
        and len(ones) + signs + np.count_nonzero(is_blank[raw]) == len(raw)
    )
    if not canonical:
        return None
    per_line = np.diff(np.searchsorted(ones, np.flatnonzero(raw == _NEWLINE)))
    filled = np.flatnonzero(per_line)
    values = np.where(before == _MINUS, -1, 1).astype(np.int8)
    return values, per_line[filled], filled + 1


def _parsed_carefully(text: bytes) -> Parsed:
    """The same for tokens such as 1.0; ValueError with the line of the first one that is not ±1."""
    signs: list[int] = []
    widths, lines = [], []
    for number, line in enumerate(text.split(b"\n"), start=1):
        tokens = line.split()
        for token in tokens:
            signs.append(_sign(token, number))
        if tokens:
            widths.append(len(tokens))
            lines.append(number)
    return np.array(signs, dtype=np.int8), np.array(widths, dtype=np.intp), np.array(lines, dtype=np.intp)


def _sign(token: bytes, line: int) -> int:
    try:
        value = float(token)
    except ValueError:
        value = 0.0
    if value not in (1.0, -1.0):
        shown = token[:20].decode("ascii", "backslashreplace")
        raise ValueError(f"line {line} holds {shown!r} where text files hold entries ±1")
    return int(value)


def _from_npz(data: bytes, kappa: float | None, constraint: Constraint | None) -> Instance:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except Exception as error:  # zipfile, zlib and the .npy reader raise a dozen kinds on foreign bytes
        what = "holds pickled objects, which are never loaded" if "Object arrays" in str(error) else "is damaged"
        raise ValueError(f"the .npz archive {what} ({error})") from None
    missing = [name for name in ("patterns", "labels", "kappa") if not isinstance(arrays.get(name), np.ndarray)]
    if missing:
        raise ValueError(f"the .npz archive holds no {', '.join(missing)}; it holds {', '.join(arrays) or 'nothing'}")
    model = _stored_model(arrays)
    if kappa is not None and kappa != model.kappa:
        raise ValueError(f"kappa={kappa!r} was asked for but the file holds kappa={model.kappa!r}")
    if constraint is not None and constraint not in (model, word(model), type(model).__name__):
        held = word(model) if word(model) in CONSTRAINTS and not isinstance(constraint, Model) else model
        raise ValueError(f"constraint={constraint!r} was asked for but the file holds constraint={held!r}")
    patterns, labels, teacher = arrays["patterns"], arrays["labels"], arrays.get("teacher")
    if "n" not in arrays:
        return Instance(patterns, labels, constraint=model, teacher=teacher)
    n = _checked_width(patterns, arrays["n"])
    return Instance.from_bits(_bits.from_bytes(patterns, n), n, labels, constraint=model, teacher=teacher)


def _stored_model(arrays: dict[str, NDArray[Any]]) -> Model:
    if "model" not in arrays:
        constraint = str(arrays["constraint"]) if "constraint" in arrays else "margin"
        return checked_constraint(constraint, arrays["kappa"].tolist())
    try:
        description = json.loads(str(arrays["model"]))
    except json.JSONDecodeError:
        description = None
    if not isinstance(description, dict) or not is_description(description):
        raise ValueError("the .npz archive is damaged (its model is no description of one)")
    return checked_constraint(restore(description))


def _checked_width(rows: NDArray[Any], n: NDArray[Any]) -> int:
    """Number of weights of patterns stored as bits, if it fits the rows."""
    if rows.dtype != np.uint8 or rows.ndim != 2 or not len(rows):
        raise ValueError(f"patterns as bits must be rows of uint8; got {rows.dtype} of shape {rows.shape}")
    if n.ndim or n.dtype.kind not in "iu" or n < 1 or rows.shape[1] != -(-int(n) // 8):
        raise ValueError(f"n={n.tolist()!r} does not fit patterns as rows of {rows.shape[1]} bytes")
    return int(n)


def _to_npz(instance: Instance) -> bytes:
    """Patterns of ±1 as rows of ceil(N/8) bytes, little-endian bits set for +1, with `n`; real ones as they are."""
    patterns = instance.patterns
    arrays: dict[str, Any] = {
        "patterns": _bits.as_bytes(_bits.pack(patterns), instance.n) if instance.is_binary else patterns,
        "labels": instance.labels,
        "kappa": np.float64(instance.kappa),
        "constraint": np.str_(instance.constraint),
    }
    model = instance.model
    if type(model) not in CONSTRAINTS.values():
        description = describe(model)
        if "is" in description:
            raise ValueError(f"cannot write what cannot be read back: the constraint {model!r} is code")
        arrays["model"] = np.str_(json.dumps(description))
    if instance.is_binary:
        arrays["n"] = np.int64(instance.n)
    if instance.teacher is not None:
        arrays["teacher"] = instance.teacher
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _to_text(instance: Instance, format: Format) -> bytes:
    lost = {
        f"kappa={instance.kappa}": instance.kappa != 0,
        f"constraint={instance.constraint!r}": instance.constraint != "margin",
        "the teacher": instance.teacher is not None,
        "real patterns": not instance.is_binary,
    }
    for what, is_lost in lost.items():
        if is_lost:
            raise ValueError(f"format {format!r} would lose {what}; write an .npz")
    if format == "text":
        return _joined(instance.xi, b" ")
    if instance.n * instance.n_patterns == 1:
        raise ValueError("format 'labels' needs more than one pattern or weight to be recognised; write another format")
    return _joined(instance.labels[None], b"\t") + _joined(instance.patterns, b"\t")


def _joined(signs: NDArray[np.int8], separator: bytes) -> bytes:
    """Lines of separated 1 and -1."""
    cells = np.empty((*signs.shape, 3), dtype=np.uint8)
    cells[..., 0] = np.where(signs < 0, _MINUS, 0)
    cells[..., 1] = _DIGIT
    cells[..., 2] = separator[0]
    cells[:, -1, 2] = _NEWLINE
    return cells[cells > 0].tobytes()
