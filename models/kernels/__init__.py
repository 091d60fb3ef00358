"""The arithmetic of inference for many agents at once, in numpy and in compiled code."""
