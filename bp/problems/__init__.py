"""Realisations of the disorder, their files, and the arrays that hold them."""
