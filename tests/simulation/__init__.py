"""Can anything make a post appear twice, or get lost? Whole lives of posts, simulated, with all that may go wrong.

`world` is TikTok, `network` and `machine` are what lies between it and the real code, `life` puts one life together,
`promises` tells what must hold, `mutants` are wrong variants that must be caught.
"""
