"""What would TikTok answer? A stand-in for its v2 API on a loopback port; imports nothing of contentsync."""
