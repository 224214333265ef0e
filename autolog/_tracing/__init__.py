"""The tracing room: the span the calling thread makes, which span is current, and what is kept for later."""
