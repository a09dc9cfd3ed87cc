"""The calls of the loop and the topics with kafka-python."""
