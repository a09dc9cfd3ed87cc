"""How the worker processes of a run share its work, and what it took."""
