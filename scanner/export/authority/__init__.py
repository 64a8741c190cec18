"""What an authority asks for, as a form, a draft and a text to paste: none of them names anybody."""
