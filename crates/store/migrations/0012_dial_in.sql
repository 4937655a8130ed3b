-- Recordings by dialling in with a PIN.

CREATE TABLE dial_in_pins (
    customer BIGINT PRIMARY KEY REFERENCES customers (id) ON DELETE CASCADE,
    -- Argon2id
    hash     TEXT NOT NULL,
    set_ms   BIGINT NOT NULL,
    set_by   TEXT NOT NULL
);

-- Wrong tries, by firm ("firm 12") and by where they come from ("caller 81312345678"; "caller": a withheld number).
CREATE TABLE dial_in_tries (
    subject  TEXT PRIMARY KEY,
    tries    BIGINT NOT NULL,
    -- they count until then
    until_ms BIGINT NOT NULL
);
