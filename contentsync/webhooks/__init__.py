"""What does TikTok push, and what follows from it? A receiver of webhooks; polling remains the main way."""
