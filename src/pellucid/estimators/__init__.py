"""The faces for scikit-learn, and what they are made of.

Comes in: rows, images and labels as scikit-learn gives them. Goes out: what its contract asks for.
Training itself is below, in :mod:`pellucid.training`.
"""
