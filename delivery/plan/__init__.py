"""What is sent to a route, and when. Pure."""
