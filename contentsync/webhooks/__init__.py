"""What does TikTok push, and what follows from it? A receiver for its webhooks; polling stays the main path."""
