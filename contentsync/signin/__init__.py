"""How does an account sign in at TikTok, and sign out? The way through the browser, and what is stored."""
