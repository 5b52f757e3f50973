"""How is TikTok spoken to? One client, its types, its refusals, its pace, and its tokens."""
