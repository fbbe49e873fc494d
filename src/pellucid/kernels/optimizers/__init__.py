"""Optimizers' steps, under the names that they have in :mod:`pellucid.equations`.

Comes in: parameters, the optimizer's vectors, a gradient, numbers. Goes out: nothing; parameters
and vectors are changed in place. Which settings are allowed, :mod:`pellucid.training` knows.
"""
