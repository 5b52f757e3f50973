"""How does an account sign in at TikTok, and leave again? The way through the browser, and what is kept of it."""
