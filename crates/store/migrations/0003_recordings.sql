-- What a recording lacks on purpose, its waveform, and what the verifier found wrong with it.
ALTER TABLE recordings ADD COLUMN pauses TEXT NOT NULL DEFAULT '[]';
ALTER TABLE recordings ADD COLUMN peaks TEXT;
ALTER TABLE recordings ADD COLUMN fault TEXT NOT NULL DEFAULT '';
