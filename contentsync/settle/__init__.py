"""How does a person settle what no program can decide? Under the lock, with who, when and why in the history.

Nothing here sends anything to TikTok.
"""
