"""What do we remember? The state: a row a post, its attempts, a line of history a change, migrations, the lock.

`schema.sql` and `queries.sql` hold all SQL, written so that a second backend can serve the same calls.
"""
