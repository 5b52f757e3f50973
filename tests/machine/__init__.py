"""Can any order of commands, crashes and losses make a post appear twice, or be forgotten? The real commands' code,
a project on disk, and an emulator that follows the same clock.
"""
