"""Continuous networks: gradient algorithms that look for wide minima, for torch (extra ``torch``).

Nothing else of this package needs torch, and ``import bp`` does not load it: `bp.networks` is loaded when it is asked
for.
"""

try:
    import torch as _torch  # noqa: F401 (what all modules of this folder need)
except ImportError as error:
    raise ImportError(
        f"bp.networks needs torch 2.4 or later: pip install 'binary-perceptron[torch]' ({error})", name=error.name
    ) from error

from bp.networks.all_convolutional import AllConvolutional
from bp.networks.attraction import Attraction
from bp.networks.centre import centre_network
from bp.networks.committee import CommitteePatterns, TanhCommittee
from bp.networks.entropy_sgd import EntropySGD
from bp.networks.flatness import LocalEnergy, local_energy
from bp.networks.images import Images
from bp.networks.processes import Coupling, couple
from bp.networks.record import Epoch, TrainingRecord
from bp.networks.replicas import Replicas
from bp.networks.scoping import Scoping
from bp.networks.training import Plan, split_training

__all__ = [
    "AllConvolutional",
    "Attraction",
    "CommitteePatterns",
    "Coupling",
    "EntropySGD",
    "Epoch",
    "Images",
    "LocalEnergy",
    "Plan",
    "Replicas",
    "Scoping",
    "TanhCommittee",
    "TrainingRecord",
    "centre_network",
    "couple",
    "local_energy",
    "split_training",
]
