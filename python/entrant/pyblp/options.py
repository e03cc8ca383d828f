"""Settings of what is printed. They change no result."""

digits: int = 7
"""Significant digits of numbers in tables."""

verbose: bool = True
"""Whether progress and results are printed."""

verbose_output = print
"""What prints them."""
