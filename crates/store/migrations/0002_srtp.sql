-- Whether the voice of an operator's phones is encrypted: off, preferred, required. (A trunk's is in its json.)
ALTER TABLE operators ADD COLUMN srtp TEXT NOT NULL DEFAULT 'preferred';
