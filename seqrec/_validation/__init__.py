"""Checks shared by every floor (floor 0: standard library and numpy)."""
