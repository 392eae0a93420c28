"""Message passing: states of the messages, belief propagation, local entropies.

The forms of messages offer themselves to their kind of problem as their modules are imported, here.
"""

from bp.messages import amp as amp
from bp.messages import edges as edges
