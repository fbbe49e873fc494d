"""Files that are whole or not there: models, fingerprints, locks, writing by rename.

Comes in: arrays and JSON-ready values. Goes out: the same, checked, and never a pickle. What an
estimator or a trainer is, this room does not know.
"""
