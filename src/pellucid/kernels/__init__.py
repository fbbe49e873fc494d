"""The equations as machine code: Numba kernels in float32, and the plans that run them.

Every file here has its twin of the same name in :mod:`pellucid.equations` (``conv2d``, ``relu``,
``sigmoid``, ``maxpool2d``, ``dense``, ``softmax``, ``cross_entropy``, ``adam``, ``randomize``), and
``tests/kernels`` holds the second to the first. Zero padding and flattening are laid out by the
plan and cost nothing. The rest is how they run:

- ``vector``: images side by side in vector lanes;
- ``arena``: one worker's memory, and views into it;
- ``plan``, ``plan_backward`` and ``plan_survivors``: from a network to a list of ops;
- ``survivors`` and ``channels_last``: a convolution's backward through the max pool after it;
- ``one_image`` and ``plan_one_image``: the forward pass of a single image;
- ``execute`` and ``enter``: the driver that takes a section of a batch through the ops;
- ``compile`` and ``addresses``: compiling, the cache between processes, calling what lies there.
"""
