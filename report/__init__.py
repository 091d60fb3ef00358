"""What agents remember and where time goes, shown to a person: pages, texts, and JSON."""
