"""How do local photos get a web address, and what does an address answer? Storage, and requests to URLs."""
