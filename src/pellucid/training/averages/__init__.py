"""Averages of the parameters over the updates, which predict in place of the last ones.

``base`` says what all have in common, ``running`` is one at work, and ``dictionary`` lists them;
every other file is one average. The equation is in :mod:`pellucid.equations.average`.
"""
