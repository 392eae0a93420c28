"""The numbers that the documentation quotes, each with the call that computes it and what has been published."""
