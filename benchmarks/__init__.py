"""Benchmarks of the project on this machine. Each module that is a command prints one or more tables."""
