"""What alert rules cost, and how soon their alerts are stored."""
