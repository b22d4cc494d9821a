"""What `allowed` offers and the commands that do it, as api/offers.py joins them."""

from api.offers import COMMANDS, ENDINGS, SUBJECTS, command_of, subject_of

__all__ = ["COMMANDS", "ENDINGS", "SUBJECTS", "command_of", "subject_of"]
