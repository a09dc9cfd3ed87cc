"""The score of a headline: its words, and what they mean to the holders of a share. Pure."""
