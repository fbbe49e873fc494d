"""The studio: every number of a network, forward and backward, in Python and on a page.

Comes in: a model and an image. Goes out: its trace (``trace``), and a page of HTML that computes
the same in a browser. ``names`` says what each value is called, ``terms`` what one is a sum of, and
``by_kernels`` lets the kernels say it; ``page`` has the parts of the page.
"""

__all__: list[str] = []
