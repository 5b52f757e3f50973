"""Can a client that this project did not write post through the emulator?"""
