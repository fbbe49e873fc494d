"""The equations as machine code: Numba kernels in float32, and the plans that run them.

- ``layers``: the kernels of each layer, under the name that it has in :mod:`pellucid.equations`, to
  which ``tests/kernels`` holds them; faster ways to the same equations beside them, and the forward
  pass of a single image. Zero padding and flattening are laid out by the plan and cost nothing;
- ``loss``: softmax and cross-entropy;
- ``optimizers``: the step of each, and the largest value of a vector;
- ``entering``: how images come in, randomized or not;
- ``program``: one worker's memory and views into it, ops, a plan in the making;
- ``plan``, ``plan_backward`` and ``plan_one_image``: from a network to a list of ops;
- ``execute``: the driver that takes a section of a batch through the ops, and ``stretches``, the
  one for layers that look at all of its images at once; ``mix``, what is done to them in pairs;
- ``compiling``: images side by side in vector lanes, compiling, the cache between processes,
  calling what lies there.

Comes in: a network, parameters, images. Goes out: losses, gradients, probabilities. Who calls, and
on which thread, this room does not know.
"""
