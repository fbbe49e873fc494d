"""Readers, one file a layout: IDX, NPZ, CSV, Parquet, folders of pictures.

Comes in: a path. Goes out: samples, checked, with the place of whatever is wrong. A reader knows
nothing of networks, nor of where a set of that name is published.
"""
