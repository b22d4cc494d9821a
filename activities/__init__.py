"""The only I/O of workflows. Workflows know `contracts` alone."""
