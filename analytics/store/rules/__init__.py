"""Rules: the bars they are tried on, requests to arm them, and their changes in the log."""
