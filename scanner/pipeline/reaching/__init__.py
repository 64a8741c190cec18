"""How the mail of the accounts is reached: which of them, with what they sign in, in which order."""
