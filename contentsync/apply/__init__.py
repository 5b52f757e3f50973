"""How is a plan carried out? Each account in order; then all attempts that TikTok is processing, together."""
