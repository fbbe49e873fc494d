"""Pellucid beside its peers, and by itself: ``make bench``, or ``python -m benchmarks --help``."""
