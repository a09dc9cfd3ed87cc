"""Recorded files: reads their records (`sequence.recorded`) and names a set of files (`digest`)."""
