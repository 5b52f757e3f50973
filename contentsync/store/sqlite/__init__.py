"""The state in a SQLite file: one row for each post, its attempts, one line of history for each change, migrations.

`schema.sql` and `queries.sql` have all SQL; `sqlite.sql` has the parts that only SQLite writes this way.
"""
