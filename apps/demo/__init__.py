"""Demo: members to try the service with, and the main job played by two of them over HTTP."""
