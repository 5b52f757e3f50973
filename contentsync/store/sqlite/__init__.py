"""The state in a SQLite file: one row a post, its attempts, one line of history a change, migrations.

`schema.sql` and `queries.sql` hold all SQL; `sqlite.sql` holds what only SQLite writes this way.
"""
