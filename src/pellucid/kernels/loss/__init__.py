"""The kernels of losses: an op that runs once a chunk, between forward and backward.

A file has the name of its loss, and a function ``kernel`` whose fields are the same for all: where
``logits`` lie, ``size`` of them an image, and where ``delta``, their gradient, goes; ``start`` and
``count`` of the chunk's images; addresses of ``targets`` (a class, int64, or a float32 for each
output), ``weights``, ``outputs`` (0 for none; ``is_raw`` for the logits in place of the network's
answers) and ``results``, two float64 to which the weighted losses are added, and the number of
images that were right or, of numbers, the squared errors; ``is_training``, whether
``delta`` is asked for; and ``setting``, the float32 bits of the one number that its equations have.
"""
