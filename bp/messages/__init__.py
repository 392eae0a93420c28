"""Message passing: states of the messages, belief propagation, local entropies."""
