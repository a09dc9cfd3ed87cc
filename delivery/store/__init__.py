"""The tables of delivery: the outbox, the attempts on each route, and the state of the routes."""
