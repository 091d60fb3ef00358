"""What may be made of many experiences: plain callables, found by name."""
