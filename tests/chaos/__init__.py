"""Chaos test: a replay whose parts and servers are killed ends with the same tables as an undisturbed one."""
