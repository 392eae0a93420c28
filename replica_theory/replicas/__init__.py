"""Integrals of the replicated measure around a reference: functionals, saddle-point equations, branches."""
