"""The letters to the people exposed: the list they are made from, their template, and what is checked first."""
