"""Rules: the bars and headlines they read, requests to arm them, and their changes in the log."""
