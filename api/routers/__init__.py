"""What can be asked of the product, by subject: parse, make one call, render."""
