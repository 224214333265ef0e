"""How things are measured: environments, instruction counts, tables. Standard library only."""
