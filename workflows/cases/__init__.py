"""What each kind of case does with a command, a passed deadline, an answer or a message. Pure: no clock,
no I/O, no Temporal; everything comes in with the Turn."""
