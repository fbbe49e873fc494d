"""The equations as machine code: Numba kernels in float32, and the plans that run them.

Kernels with a twin of the same name in :mod:`pellucid.equations`, to which ``tests/kernels`` holds
them: ``conv2d``, ``relu``, ``sigmoid``, ``maxpool2d``, ``dense``, ``softmax``, ``cross_entropy``,
``adam`` and ``randomize``. Zero padding and flattening are laid out by the plan and cost nothing.

Other ways to the same equations, held to them likewise:

- ``conv2d_gradient``: the gradient of a convolution's filters;
- ``winograd``, ``winograd_gradient`` and ``winograd_matrices``: a convolution of stride 1, and the
  gradient of its input, with fewer multiplications;
- ``survivors`` and ``channels_last``: a convolution's backward through the max pool after it;
- ``one_image`` and ``one_image_winograd``: the forward pass of a single image.

The rest is how they run:

- ``vector`` and ``emit``: images side by side in vector lanes, and code that several kernels emit;
- ``arena``: one worker's memory, and views into it;
- ``plan``, ``plan_backward``, ``plan_winograd``, ``plan_survivors`` and ``plan_one_image``: from a
  network to a list of ops;
- ``execute`` and ``enter``: the driver that takes a section of a batch through the ops, and how
  images come in;
- ``signals``: how threads wait for one another without sleeping;
- ``compile`` and ``addresses``: compiling, the cache between processes, calling what lies there.
"""
