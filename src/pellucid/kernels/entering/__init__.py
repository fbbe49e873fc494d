"""How images come into the arena, as they are or randomized, and how gradients leave it."""
