"""What this machine can do with the project: each module prints one table."""
