"""Recorded files: what they hold (`sequence.recorded`) and the short name of a set of them (`digest`)."""
