"""How often the score of a headline has the sign that its meaning for the holders of the share has."""
