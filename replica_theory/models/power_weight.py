"""Solutions weighted by a power of their margins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from replica_theory.arguments import FINITE, Allowed, checked_number, checked_real
from replica_theory.models.model import BETA, KAPPA, WEIGHTS, Kernel, Model, Option
from replica_theory.models.perceptron import BinaryPerceptron
from replica_theory.numerics.namespace import NUMPY, Namespace
from replica_theory.numerics.power_moment import power_moment
from replica_theory.typing import Array, ArrayLike

_POWER = Allowed("lie in [0, 100]", lambda p: (p >= 0) & (p <= 100))


@dataclass(frozen=True, eq=False, repr=False)
class PowerWeight(Model):
    r"""Solutions of the binary perceptron, each pattern weighted by :math:`w(h) = (h - \kappa)_+^p`.

    Configurations have the probability :math:`\prod_\mu w(h^\mu)/Z`: with p = 0 all solutions of margin `kappa` alike,
    with p > 0 those more that stay away from it. The kernel is :math:`\ell(h, \sigma) = p\log\sigma +
    \log E\,(t + x)_+^p` with :math:`t = (h - \kappa)/\sigma`, and may be positive.

    Parameters
    ----------
    kappa : float or array
        Margin below which the weight is 0.
    beta : float or array, default inf
        Inverse temperature of the number of violated patterns: inf, unless the power is 0.
    weights : Weights, default BinaryWeights()
        What a weight `W` may be.
    power : float, default 1
        The power `p`, from 0 to 100; 0 is `BinaryPerceptron`, bit for bit.

    Raises
    ------
    TypeError, ValueError
        If the power is out of range, or beta finite with p > 0.

    Notes
    -----
    With p > 0 the free entropy is :math:`\frac1N E\log Z`, which may exceed log 2. The entropy is that of the
    probabilities, :math:`\Phi - \alpha E\langle\log w\rangle`, in [0, log 2]; `energy` is the mean cost of a pattern,
    :math:`-E\langle\log w\rangle`. Known to `replica_symmetric`, `annealed_entropy`, `state_evolution`, `localization`
    and `sampling_threshold`; what counts solutions refuses it. Which solutions exist does not depend on the power:
    their capacity is that of `BinaryPerceptron`. The kernel is tabled once for each power (20 ms), and right to 1e-12.

    Examples
    --------
    >>> from replica_theory import replica_symmetric
    >>> point = replica_symmetric(PowerWeight(power=1.0), alpha=0.3)
    >>> print(f"{point.free_entropy:.6f} {point.entropy:.6f} {point.q:.6f}")
    0.358675 0.409837 0.378777
    """

    name: ClassVar[str] = "power"
    title: ClassVar[str] = "perceptron weighted by a power of the margin"
    condition: ClassVar[str] = "weight (h - kappa)_+^p"
    options: ClassVar[tuple[Option, ...]] = (
        KAPPA,
        BETA,
        WEIGHTS,
        Option("power", "power of the weight"),
    )

    power: float = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "power", checked_number("power", self.power, _POWER))
        super().__post_init__()

    @property
    def is_weighted(self) -> bool:
        """Unless the power is 0."""
        return self.power > 0

    def log_probability(self, mean: Any, std: Any, space: Namespace = NUMPY) -> Kernel:
        """The logarithm of the mean weight with its derivatives in `h`; of numpy arrays only where the power is not 0.

        Raises
        ------
        TypeError
            For other arrays.
        """
        if not self.power:
            return self._plain.log_probability(mean, std, space)
        if space.xp is not np:
            raise TypeError("a PowerWeight takes numpy arrays: leave device=None")
        moment = power_moment(self.power)((mean - self.kappa) / std)
        return Kernel(self.power * np.log(std) + moment.log, moment.d1 / std, moment.d2 / (std * std))

    def probability(self, mean: Array, std: ArrayLike) -> tuple[Array, Array]:
        """The mean weight and its derivative."""
        return super().probability(mean, std) if self.power else self._plain.probability(mean, std)

    def violation(self, mean: Array, std: ArrayLike) -> Array:
        r"""The mean cost of the weight, :math:`-p[\log\sigma + \langle\log(t+x)\rangle]`; at p = 0 that of `Model`."""
        if not self.power:
            return super().violation(mean, std)
        mean_log = np.log(std) + power_moment(self.power)((mean - self.kappa) / np.asarray(std)).mean_log
        return np.asarray(-self.power * mean_log)

    def allows(self, h: ArrayLike) -> NDArray[np.bool_]:
        """From the margin on."""
        return self._plain.allows(h)

    def acceptance(self, h: ArrayLike) -> Array:
        """The weight itself."""
        above = np.asarray(checked_real("h", h, FINITE)) - self.kappa
        return np.asarray(np.where(self.allows(h), np.maximum(above, 0.0) ** self.power, 0.0))

    @property
    def edges(self) -> tuple[ArrayLike, ...]:
        """The margin."""
        return (self.kappa,)

    @property
    def allowed_intervals(self) -> tuple[tuple[ArrayLike, ArrayLike], ...] | None:
        """From the margin on where the power is 0; else None, no pattern being just satisfied."""
        return None if self.power else self._plain.allowed_intervals

    @property
    def _plain(self) -> BinaryPerceptron:
        return BinaryPerceptron(self.kappa, self.beta, weights=self.weights)
