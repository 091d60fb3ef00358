"""What agents remember, shown to a person: a page to open anywhere, a text, and JSON."""
