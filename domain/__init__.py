"""Pure rules of the programme: may this be done, what does it cost in time, who may.

Nothing here reads a clock, a file, a database or the network; everything comes in as a value.
"""
