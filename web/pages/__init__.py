"""One module a page, or a few that belong together: addresses, and nothing else."""
