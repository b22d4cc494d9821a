"""Shapes of requests: those of commands are derived from the command classes, the others stand here."""
