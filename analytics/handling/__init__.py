"""The command line that acknowledges and snoozes alerts."""
