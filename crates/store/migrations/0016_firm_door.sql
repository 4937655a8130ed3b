-- Firms that demand a second factor of their people: since when. Whoever was logged in then goes on until the next login.
CREATE TABLE firm_doors (
    customer BIGINT PRIMARY KEY REFERENCES customers (id),
    since_ms BIGINT NOT NULL,
    made_by  TEXT NOT NULL
);
