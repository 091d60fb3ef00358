"""What is written down about a run while it goes on, and what it came to."""
