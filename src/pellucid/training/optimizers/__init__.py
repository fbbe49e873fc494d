"""Optimizers: what each is set to, how it steps, and the names that files know them by.

``optimizer`` says what all have in common; every other file but ``dictionary``, which lists them,
is one optimizer. Its equation is in :mod:`pellucid.equations`, its compiled step in
:mod:`pellucid.kernels.optimizers`, under the same name.
"""
