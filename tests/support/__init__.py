"""What several kinds of tests share. Synthetic people only."""
