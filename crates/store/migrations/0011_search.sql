-- Words and digits are found in the middle of what was written without looking through all of it: by their grams (pairs of letters,
-- threes of digits). SQLite keeps them in FTS5 tables, filled a moment after the rows; PostgreSQL in indexes of expressions.

-- only: sqlite
CREATE TABLE report_places (
    -- what a full-text row is called by; a report's own id is text
    place  INTEGER PRIMARY KEY,
    report TEXT NOT NULL UNIQUE
);
-- only: sqlite
CREATE VIRTUAL TABLE report_grams USING fts5 (grams, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');
-- only: sqlite
CREATE VIRTUAL TABLE call_grams USING fts5 (grams, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');

-- What the full-text tables do not know yet.
-- only: sqlite
CREATE TABLE report_unindexed (
    report TEXT PRIMARY KEY
);
-- only: sqlite
CREATE TABLE call_unindexed (
    call BIGINT PRIMARY KEY
);
-- only: sqlite
CREATE TRIGGER reports_written AFTER INSERT ON reports WHEN NEW.state <> 'draft'
BEGIN INSERT INTO report_unindexed SELECT NEW.id WHERE NEW.id NOT IN (SELECT report FROM report_unindexed); END;
-- only: sqlite
CREATE TRIGGER reports_rewritten AFTER UPDATE OF state, search, callback_reversed, caller_reversed ON reports
WHEN NEW.state <> 'draft' AND (OLD.state = 'draft' OR OLD.search <> NEW.search OR OLD.callback_reversed <> NEW.callback_reversed
OR OLD.caller_reversed <> NEW.caller_reversed)
BEGIN INSERT INTO report_unindexed SELECT NEW.id WHERE NEW.id NOT IN (SELECT report FROM report_unindexed); END;
-- only: sqlite
CREATE TRIGGER calls_written AFTER INSERT ON calls WHEN NEW.caller_reversed <> ''
BEGIN INSERT INTO call_unindexed SELECT NEW.id WHERE NEW.id NOT IN (SELECT call FROM call_unindexed); END;
-- only: sqlite
CREATE TRIGGER calls_rewritten AFTER UPDATE OF caller_reversed ON calls WHEN OLD.caller_reversed <> NEW.caller_reversed
BEGIN INSERT INTO call_unindexed SELECT NEW.id WHERE NEW.id NOT IN (SELECT call FROM call_unindexed); END;
-- only: sqlite
INSERT INTO report_unindexed SELECT id FROM reports WHERE state <> 'draft' AND purged_ms IS NULL;
-- only: sqlite
INSERT INTO call_unindexed SELECT id FROM calls WHERE caller_reversed <> '';

-- only: postgres
CREATE FUNCTION number_grams(reversed TEXT) RETURNS TEXT[] LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
    SELECT array_agg(DISTINCT '#' || substr(reversed, i, 3)) FROM generate_series(1, length(reversed) - 2) AS i
$$;
-- only: postgres
CREATE FUNCTION word_grams(words TEXT) RETURNS TEXT[] LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
    SELECT array_agg(DISTINCT gram) FROM (
        SELECT letter || lead(letter) OVER (ORDER BY place) AS gram
        FROM unnest(string_to_array(words, NULL)) WITH ORDINALITY AS letters (letter, place)
    ) AS grams WHERE gram IS NOT NULL
$$;
-- Drafts change with every key: they are few, and looked through.
-- only: postgres
CREATE INDEX reports_words ON reports USING gin (word_grams(search)) WHERE state <> 'draft';
-- only: postgres
CREATE INDEX reports_callback_grams ON reports USING gin (number_grams(callback_reversed)) WHERE state <> 'draft';
-- only: postgres
CREATE INDEX reports_caller_grams ON reports USING gin (number_grams(caller_reversed)) WHERE state <> 'draft';
-- only: postgres
CREATE INDEX calls_caller_grams ON calls USING gin (number_grams(caller_reversed));
