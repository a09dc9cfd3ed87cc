"""SELECTs and temporary tables by which stored rows are compared with the log."""
