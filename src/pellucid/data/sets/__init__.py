"""Named sets: where their authors publish them, and the hashes that they must have.

Comes in: a name. Goes out: files in the cache, verified, which a reader then opens.
"""
