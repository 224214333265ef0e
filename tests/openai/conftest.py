"""Programs that call a fake API."""

from openai_fixtures import api, caller, fake, quiet_failures

__all__ = ["api", "caller", "fake", "quiet_failures"]
