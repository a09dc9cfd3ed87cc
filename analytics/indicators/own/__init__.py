"""Indicators of the user's own: one file each, in the folder INDICATORS_PATH. Pure.

Such a file is checked before it is let in, and calculated at each closed bar. An indicator that breaks a rule there is
set aside for the rest of its series.
"""
