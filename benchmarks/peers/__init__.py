"""The systems that are compared: each trains, or predicts, the same network in its own way."""
