"""The kernels of each layer, under its equation's name.

A file, or a folder where one is too small, holds the machine code of a layer: forward, backward,
for one image. How a network's ops are put together is above, in :mod:`pellucid.kernels.plan`.
"""
