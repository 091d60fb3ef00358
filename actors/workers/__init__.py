"""Who does the work: threads with permits, sweeps over idle agents, other processes."""
