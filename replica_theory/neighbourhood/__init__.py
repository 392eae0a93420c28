"""Solutions at a distance from a reference: typical, dense, a teacher; and its Legendre transform."""
