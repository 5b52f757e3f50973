"""How do local photos come to lie on the web, and what do their addresses answer? Storage, and looks at URLs."""
