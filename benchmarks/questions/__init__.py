"""One module a question: what it runs, and the table that answers it."""
