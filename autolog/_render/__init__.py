"""Traces as something to read: a trace in, text, Markdown or a picture out. Pure."""
