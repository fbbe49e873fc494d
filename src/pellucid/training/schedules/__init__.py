"""Schedules: how the learning rate changes over the updates of a call.

``base`` says what all have in common; every other file but ``dictionary``, which lists them, is one
schedule. Each is a factor of the optimizer's learning rate, by a formula that docs/equations.md
lists.
"""
