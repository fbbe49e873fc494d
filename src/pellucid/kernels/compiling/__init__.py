"""How machine code is written, compiled, cached between processes and called, for any layer.

Comes in: Python functions. Goes out: addresses of machine code. No layer is known here.
"""
