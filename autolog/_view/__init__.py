"""Traces as a page to look into: in a file of its own, or under a notebook's cell."""
