"""Long-running cases. Thin: what a command changes is decided by the pure modules in `workflows.cases`."""
