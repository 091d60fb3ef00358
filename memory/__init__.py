"""What is kept of what agents lived: for a while whole, then put in order, and what may go."""
