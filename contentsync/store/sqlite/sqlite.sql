-- What only SQLite words this way; each part goes with the migration of its number in schema.sql.

-- migration 1
CREATE TRIGGER history_is_never_changed BEFORE UPDATE ON history
BEGIN
    SELECT RAISE(ABORT, 'history is append-only');
END;
CREATE TRIGGER history_is_never_removed BEFORE DELETE ON history
BEGIN
    SELECT RAISE(ABORT, 'history is append-only');
END;

-- migration 2

-- migration 3

-- migration 4

-- migration 5

-- migration 6

-- migration 7

-- migration 8

-- migration 9

-- migration 10

-- migration 11

-- migration 12

-- migration 13
