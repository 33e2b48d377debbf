/**
 * The tables of the embedded store.
 *
 * Owns their shape and its version. Measured on groups of 128 records of 1.2 kB:
 * - addresses are kept once and stand as numbers elsewhere (1.6 times the appends of text keys);
 * - an actor's seqs and message ids share one tree, so that a turn touches one page of it (1.2 to 1.4 times two trees);
 * - records are appended in the order of commits; clustered by actor they took four times as long;
 * - a head has four indexes, of which a turn moves few; the words lists filter by are numbers of `facets`, merged when a list is read.
 */

/** "taok", so that no other program's file is taken for a store. */
export const APPLICATION_ID = 0x74616f6b;
export const SCHEMA_VERSION = 4;

export const SCHEMA = `
CREATE TABLE actors (
  no INTEGER PRIMARY KEY,
  address TEXT NOT NULL UNIQUE
);

CREATE TABLE records (
  no INTEGER PRIMARY KEY,
  actor INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  node TEXT NOT NULL,
  batch INTEGER NOT NULL,
  hash TEXT,
  body TEXT NOT NULL -- the hashed text, byte by byte
);
CREATE INDEX records_by_batch ON records (node, batch);

-- What an actor has taken, for ever (J2): its seqs (integers) and its message ids (texts).
CREATE TABLE taken (
  actor INTEGER NOT NULL,
  key NOT NULL,
  ref INTEGER NOT NULL, -- of a seq: the record's number; of a message id: the seq that took it
  outcome TEXT,
  reason TEXT,
  PRIMARY KEY (actor, key)
) WITHOUT ROWID;

CREATE TABLE facets (
  no INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  machine TEXT NOT NULL,
  state TEXT NOT NULL,
  status TEXT NOT NULL,
  UNIQUE (type, machine, state, status)
);

CREATE TABLE heads (
  no INTEGER PRIMARY KEY,
  actor TEXT NOT NULL UNIQUE,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  facet INTEGER NOT NULL,
  since INTEGER NOT NULL,
  owner TEXT,
  sort_key NUMERIC NOT NULL,
  view TEXT NOT NULL,
  next_due INTEGER
);
CREATE INDEX heads_by_owner ON heads (owner, type, sort_key, actor) WHERE owner IS NOT NULL;
CREATE INDEX heads_by_facet ON heads (facet, sort_key, actor);
CREATE INDEX heads_by_age ON heads (facet, since);
CREATE INDEX heads_by_due ON heads (next_due) WHERE next_due IS NOT NULL;

CREATE TABLE lists (
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (name, owner, at, actor, seq, n)
) WITHOUT ROWID;

CREATE TABLE nodes (
  id TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  heartbeat_at INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  watermark INTEGER NOT NULL,
  retired INTEGER NOT NULL,
  closed INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE undelivered (
  id TEXT NOT NULL UNIQUE,
  target TEXT NOT NULL,
  since INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX undelivered_by_due ON undelivered (next_at);
CREATE INDEX undelivered_by_target ON undelivered (target, since);

CREATE TABLE traffic (
  type TEXT NOT NULL,
  slot INTEGER NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (type, slot, kind, name, bucket)
) WITHOUT ROWID;

CREATE TABLE user_keys (
  user_id TEXT PRIMARY KEY,
  wrapped TEXT NOT NULL,
  mark TEXT
) WITHOUT ROWID;
CREATE INDEX user_keys_by_mark ON user_keys (mark) WHERE mark IS NOT NULL;
`;
