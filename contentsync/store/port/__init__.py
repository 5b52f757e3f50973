"""What every backend of the state offers. The rest of the code knows these calls, and no driver.

A change is on disk before its call returns. Each change repeats its whole precondition and answers whether it was
made: a row that was changed meanwhile raises Conflict, and nothing is overwritten. That rule, and the constraints of
the schema, carry the guarantees; the lock only saves work that would be refused.

Raises StoreError, everywhere: the state can't be read or written.
"""
