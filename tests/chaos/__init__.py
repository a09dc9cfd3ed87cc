"""Proof by killing: a replay whose parts and servers are killed ends in the tables of one that was left alone."""
