"""The participant roster: its columns as data, and a sheet's cells read into participants.

Nothing is guessed and nothing is mended in silence: a cell is either what its column asks for or a
problem with its address, and a row with a problem is no participant. No violation holds what stood in a
cell. The rules of the programme (R-30, R-24, R-Q3 …) are not judged here.
"""
