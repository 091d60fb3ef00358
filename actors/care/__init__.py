"""What becomes of an actor that failed: directives, budgets, snapshots, word to who watches."""
