"""What decides and what it believes with, and the worlds it lives in; plain objects."""
