"""What a network is: layers, shapes, checks, one flat vector of parameters.

Comes in: settings a person wrote. Goes out: descriptions, never what was learned. No mathematics
beyond shapes, and no kernel, is known here.
"""
