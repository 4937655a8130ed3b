-- The door: where somebody is logged in, one-time links, second factors, passkeys.

ALTER TABLE sessions ADD COLUMN begun_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN seen_ms BIGINT NOT NULL DEFAULT 0;
-- ends when nothing was asked for so long; 0: only with expires_ms
ALTER TABLE sessions ADD COLUMN idle_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';
-- 1: opened with a second factor
ALTER TABLE sessions ADD COLUMN strong BIGINT NOT NULL DEFAULT 0;

ALTER TABLE member_sessions ADD COLUMN begun_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE member_sessions ADD COLUMN seen_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE member_sessions ADD COLUMN idle_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE member_sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE member_sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE member_sessions ADD COLUMN strong BIGINT NOT NULL DEFAULT 0;

INSERT INTO counters (name, last) VALUES ('passkeys', 0);

CREATE TABLE invitations (
    -- SHA-256 of the link's secret
    hash       TEXT PRIMARY KEY,
    -- whose new password it is for; NULL: the first administrator's
    user_id    BIGINT REFERENCES users (id) ON DELETE CASCADE,
    expires_ms BIGINT NOT NULL
);

-- Programs that show a new code every half a minute (RFC 6238).
CREATE TABLE authenticators (
    -- user, member
    side     TEXT NOT NULL,
    person   BIGINT NOT NULL,
    -- sealed with the house's key, which is not in this database
    secret   TEXT NOT NULL,
    -- the last half minute whose code was taken: none is taken twice
    step     BIGINT NOT NULL,
    -- NULL: not confirmed yet
    since_ms BIGINT,
    PRIMARY KEY (side, person)
);

CREATE TABLE recovery_codes (
    side   TEXT NOT NULL,
    person BIGINT NOT NULL,
    hash   TEXT NOT NULL,
    PRIMARY KEY (side, person, hash)
);

CREATE TABLE passkeys (
    id         BIGINT PRIMARY KEY,
    side       TEXT NOT NULL,
    person     BIGINT NOT NULL,
    name       TEXT NOT NULL,
    -- base64url
    credential TEXT NOT NULL UNIQUE,
    -- COSE (RFC 9052 section 7), base64url
    public_key TEXT NOT NULL,
    uses       BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    used_ms    BIGINT
);
CREATE INDEX passkeys_person ON passkeys (side, person);

-- Who needs a second factor: one row of JSON, none before it is saved.
CREATE TABLE door (
    id   BIGINT PRIMARY KEY,
    json TEXT NOT NULL
);
