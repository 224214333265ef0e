"""The replay room: cassettes of model calls, recorded once and played in tests without a network."""
