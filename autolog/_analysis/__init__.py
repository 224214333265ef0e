"""What traces add up to: statistics, comparisons, and both as pictures."""
