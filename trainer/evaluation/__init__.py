"""Did it work? Figures by task, what else would have done as well, what got worse, and how sure. No torch here."""
