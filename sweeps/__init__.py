"""Many runs of one kind: all parameters with all seeds, over worker processes, into one table."""
