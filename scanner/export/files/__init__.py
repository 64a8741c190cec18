"""How a file comes to be: whole or not at all, for its owner only, closed with a password."""
