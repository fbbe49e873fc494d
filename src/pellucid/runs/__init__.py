"""Runs of the command line: settings, the folder, the training, verification, reports.

Comes in: settings. Goes out: a folder with a model, metrics and pictures. Words of the command line
are above, in :mod:`pellucid.cli`.
"""
