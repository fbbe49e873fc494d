"""A training that can be watched and steered: paused, done step by step, gone back in.

Comes in: a trainer and what its ``fit`` is to do. Goes out: its curves (``branches``), what a page
shows of it now (``looking``), and both as messages (``messages``). ``kept`` holds the states that
it can go back to; ``training`` lets :class:`pellucid.Trainer` train in a thread of its own.
"""

__all__: list[str] = []
