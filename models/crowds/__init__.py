"""Agents of one model side by side, so that one call answers for all of them."""
