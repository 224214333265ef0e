"""The patching room: the only code that changes foreign objects, and the only wrappers of calls and streams."""
