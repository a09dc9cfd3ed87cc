"""The series that indicators are computed from, running values over them, and checks of their stored state."""
