"""The page as first sent: the shell around the views, and the views. The scripts in assets/ write into its elements."""
