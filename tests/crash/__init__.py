"""Real processes, killed at every moment, beside a TikTok whose answers get lost: is each post out once?"""
