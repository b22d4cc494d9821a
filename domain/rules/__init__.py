"""The rule book: each rule is data plus a pure function (domain specification, § 5).

`rule.py` says what a rule is, the subject files hold the rules, `book.py` is their registry, `matrix.py`
says when each runs, and `render.py` writes the book for people.
"""
