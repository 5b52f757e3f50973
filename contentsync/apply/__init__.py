"""How is a plan carried out? One account in order, then all that TikTok is at work on, together."""
