"""Models with several hidden factors: what they are, and the arithmetic of their inference."""
