"""The kernels of the loss: softmax, cross-entropy and its gradient."""
