"""What was measured while networks were trained: a table and a picture."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from replica_theory.arguments import checked_path
from replica_theory.results.files import replace_file

if TYPE_CHECKING:  # pragma: no cover
    from matplotlib.figure import Figure

_COLORS = ("#332288", "#CC6677", "#117733", "#DDCC77", "#88CCEE")
_MARKERS = "osD^v"


@dataclass(frozen=True)
class Epoch:
    r"""One method after one epoch.

    Attributes
    ----------
    method : str
    epoch : int
    gradients : int
        Gradients of a minibatch so far, those of all replicas together.
    train_error, test_error : float
        Of the network, or of that at the centre, batch norm made anew over the training images; parts of 1.
    rise : float
        Flatness: how much the training error rises under :math:`w(1 + \sigma\xi)`; see `bp.networks.local_energy`.
    rise_error : float
        Its standard error over the draws of the noise.
    spread : float
        Root mean square distance of a weight from the mean of the replicas; 0 for a single network.
    """

    method: str
    epoch: int
    gradients: int
    train_error: float
    test_error: float
    rise: float
    rise_error: float
    spread: float


@dataclass(frozen=True)
class TrainingRecord:
    """All epochs of all methods, as `bp.networks.split_training` returns them.

    Attributes
    ----------
    data : str
    sigma : float
        Of the disturbance that flatness is measured with.
    epochs : tuple of Epoch
    """

    data: str
    sigma: float
    epochs: tuple[Epoch, ...]

    @property
    def last(self) -> tuple[Epoch, ...]:
        """The last epoch of every method."""
        return tuple({row.method: row for row in self.epochs}.values())

    def __str__(self) -> str:
        """A row for every method and epoch, as aligned text; errors in per cent."""
        head = (
            f"{'method':14s}{'epoch':>6s}{'gradients':>11s}{'train %':>9s}{'test %':>8s}{'rise %':>15s}{'spread':>9s}"
        )
        lines = [head]
        for row in self.epochs:
            errors = f"{100 * row.train_error:9.2f}{100 * row.test_error:8.2f}"
            rise = f"{100 * row.rise:8.2f} ± {100 * row.rise_error:4.2f}"
            lines.append(f"{row.method:14s}{row.epoch:6d}{row.gradients:11d}{errors}{rise}{row.spread:9.3f}")
        return "\n".join(lines)

    def to_csv(self) -> str:
        """The table as CSV with a header line."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([field.name for field in fields(Epoch)])
        writer.writerows([asdict(row).values() for row in self.epochs])
        return text.getvalue()

    def plot(self) -> Figure:
        """Test error, and the rise of the training error under noise, epoch by epoch."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        for k, method in enumerate(dict.fromkeys(row.method for row in self.epochs)):
            rows = [row for row in self.epochs if row.method == method]
            epochs = [row.epoch for row in rows]
            style = {
                "color": _COLORS[k % len(_COLORS)],
                "marker": _MARKERS[k % len(_MARKERS)],
                "ms": 4,
                "label": method,
            }
            left.plot(epochs, [100 * row.test_error for row in rows], **style)
            right.errorbar(epochs, [100 * row.rise for row in rows], [100 * row.rise_error for row in rows], **style)
        left.set(xlabel="epoch", ylabel="test error (%)", yscale="symlog", title=self.data)
        right.set(
            xlabel="epoch", ylabel="rise of the training error (%)", title=rf"$w(1+\sigma\xi)$, σ = {self.sigma:g}"
        )
        left.legend(frameon=False)
        return figure

    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write ``training.csv`` and ``training.png`` into a folder.

        Raises
        ------
        OSError
            If the folder cannot be made or written.
        TypeError, ValueError
            If it is no path.
        """
        place = Path(checked_path("folder", folder))
        place.mkdir(parents=True, exist_ok=True)
        image = io.BytesIO()
        self.plot().savefig(image, format="png", dpi=150)
        paths = [place / "training.csv", place / "training.png"]
        for path, content in zip(paths, (self.to_csv().encode(), image.getvalue()), strict=True):
            replace_file(path, content)
        return paths
