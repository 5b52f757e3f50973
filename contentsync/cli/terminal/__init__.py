"""How results look on a terminal: text, tables, plans, progress, questions."""
