"""What the pytest plugin does once a test needs it; ``autolog.pytest_plugin`` has the hooks and loads this late."""
