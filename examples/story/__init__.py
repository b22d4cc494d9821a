"""The demonstration's story, a file for each stretch of it."""
