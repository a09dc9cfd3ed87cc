"""Rules: the bars they read, requests to arm them, and their changes in the log."""
