"""How is TikTok spoken to? One client with its types, refusals, rate limits and tokens."""
