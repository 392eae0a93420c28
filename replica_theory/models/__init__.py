"""Models: constraints as log-probability kernels. One file a system."""
