"""The pipeline room: what happens to a span after its call, off the calling thread."""
