"""Every legal move of the programme, one row each, and the one way to make it."""
