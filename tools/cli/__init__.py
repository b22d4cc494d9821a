"""The `asesor` command, one module a subject; cli.py at the top puts them together."""
