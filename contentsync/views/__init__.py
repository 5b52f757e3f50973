"""How is a result shown to a program? Results in, JSON documents out, each with its `format`. Pure."""
