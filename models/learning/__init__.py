"""Agents that learn their own model: counts, what they are worth, and thinking with them."""
