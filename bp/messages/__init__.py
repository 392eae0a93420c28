"""Message passing: states of the messages, belief propagation, local entropies.

The forms of messages offer themselves to their kind of problem as their modules are imported, here, in this order.
"""

from bp.messages import edges as edges

# isort: split
from bp.messages import amp as amp
from bp.messages import channel as channel
from bp.messages import committee_edges as committee_edges

# isort: split
from bp.messages import clauses as clauses
from bp.messages import committee as committee
from bp.messages import max_sum as max_sum
from bp.messages import surveys as surveys
