"""Letters on their way: in lanes by sender, within bounds, counted to the last one."""
