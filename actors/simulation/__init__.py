"""What a simulated society is made of: an agenda, choices, faults, a virtual clock."""
