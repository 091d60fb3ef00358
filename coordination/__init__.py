"""How replies become one joint action, and what is written down about it."""
