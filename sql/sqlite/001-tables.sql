-- Times are ISO 8601 text in UTC with milliseconds, which SQLite's date functions read and
-- which sort as they are. Ids of sample and cycle are attempt ids, ordered by time.

CREATE TABLE schema_version (
	version    INTEGER PRIMARY KEY,
	applied_at TEXT NOT NULL,
	program    TEXT NOT NULL                 -- version of the program that did it
) STRICT;

CREATE TABLE client (
	id           INTEGER PRIMARY KEY AUTOINCREMENT, -- never that of one forgotten
	name         TEXT NOT NULL UNIQUE,
	created_at   TEXT NOT NULL,
	newest_id    INTEGER NOT NULL DEFAULT 0, -- newest sample of any outcome
	newest_ok_id INTEGER NOT NULL DEFAULT 0, -- newest sample with readings
	last_good_at TEXT                        -- its taken_at; outlives the sample
) STRICT;

CREATE TABLE collector (
	number     INTEGER PRIMARY KEY,          -- stands in the ids of its attempts
	claim      INTEGER NOT NULL UNIQUE,      -- what tells it from others, see lib/storage
	place      TEXT NOT NULL,                -- machine and folder, for people
	claimed_at TEXT NOT NULL
) STRICT;

CREATE TABLE cycle (
	id          INTEGER PRIMARY KEY,
	program     TEXT NOT NULL,
	version     TEXT NOT NULL,
	started_at  TEXT NOT NULL,
	finished_at TEXT,                        -- NULL: running, or it died
	deadline_at TEXT,
	clients     INTEGER NOT NULL,
	ok          INTEGER NOT NULL,
	failed      INTEGER NOT NULL,
	whole_fleet INTEGER NOT NULL
) STRICT;

CREATE TABLE sample (
	id            INTEGER PRIMARY KEY,
	client_id     INTEGER NOT NULL,
	cycle_id      INTEGER NOT NULL,          -- 0: not known
	taken_at      TEXT NOT NULL,
	received_at   TEXT NOT NULL,
	outcome       TEXT NOT NULL,
	first_outcome TEXT NOT NULL,
	stage         TEXT NOT NULL,
	error         TEXT NOT NULL,
	duration_ms   INTEGER NOT NULL,
	probe_hash    TEXT NOT NULL,
	digest        BLOB,                      -- NULL: no report
	processed_at  TEXT                       -- NULL: the alerter has not been there
) STRICT;
CREATE INDEX sample_client ON sample (client_id, taken_at);
CREATE INDEX sample_unprocessed ON sample (id) WHERE processed_at IS NULL;

CREATE TABLE metric (
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	unit TEXT NOT NULL,
	help TEXT NOT NULL
) STRICT;

CREATE TABLE series (
	id        INTEGER PRIMARY KEY,
	client_id INTEGER NOT NULL,
	metric_id INTEGER NOT NULL,
	instance  TEXT NOT NULL,
	seen_at   TEXT NOT NULL,                 -- to the day: the last reading
	UNIQUE (client_id, metric_id, instance)
) STRICT;

CREATE TABLE reading (
	sample_id INTEGER NOT NULL,
	series_id INTEGER NOT NULL,
	value     REAL NOT NULL,
	PRIMARY KEY (sample_id, series_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE report (
	client_id INTEGER PRIMARY KEY,
	counters  BLOB,                          -- packed, see lib/metrics/derive.h
	text      BLOB,                          -- the whole report, as zlib's compress() makes it
	text_size INTEGER,                       -- its bytes when uncompressed
	text_at   TEXT
) STRICT;

CREATE TABLE alert (
	id           INTEGER PRIMARY KEY,
	client_id    INTEGER NOT NULL,           -- 0: concerns no client
	rule         TEXT NOT NULL,
	instance     TEXT NOT NULL,
	state        TEXT NOT NULL,
	severity     TEXT NOT NULL,
	value        REAL,
	threshold    REAL,
	since        TEXT,
	as_of        TEXT,
	as_of_id     INTEGER NOT NULL,
	clear_since  TEXT,
	count        INTEGER NOT NULL,
	last_good_at TEXT,
	told_at      TEXT,
	opened_event INTEGER NOT NULL DEFAULT 0,
	recipients   TEXT NOT NULL,
	text         TEXT NOT NULL,
	UNIQUE (client_id, rule, instance)
) STRICT;
CREATE INDEX alert_opened ON alert (opened_event);

-- One alert cannot do the same thing twice at the same time by the same sample: this key makes
-- a transition whose commit was in doubt safe to repeat.
CREATE TABLE event (
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	alert_id     INTEGER NOT NULL,
	kind         TEXT NOT NULL,
	at           TEXT NOT NULL,
	client_id    INTEGER NOT NULL,
	rule         TEXT NOT NULL,
	instance     TEXT NOT NULL,
	sample_id    INTEGER NOT NULL,           -- the alert's as_of_id: 0 when there is none
	severity     TEXT NOT NULL,
	value        REAL,
	threshold    REAL,
	since        TEXT,
	last_good_at TEXT,
	opened_event INTEGER NOT NULL,
	text         TEXT NOT NULL,
	recipients   TEXT NOT NULL,
	told_at      TEXT,                       -- NULL: not yet composed into notifications
	UNIQUE (client_id, rule, instance, kind, at, sample_id)
) STRICT;
CREATE INDEX event_untold ON event (id) WHERE told_at IS NULL;
CREATE INDEX event_told ON event (told_at) WHERE told_at IS NOT NULL;
CREATE INDEX event_thread ON event (opened_event);

CREATE TABLE notification (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	channel     TEXT NOT NULL,
	recipient   TEXT NOT NULL,
	message_id  TEXT NOT NULL,
	refs        TEXT NOT NULL,               -- the message it answers
	subject     TEXT NOT NULL,
	text        TEXT NOT NULL,
	state       TEXT NOT NULL,
	tries       INTEGER NOT NULL,
	created_at  TEXT NOT NULL,
	next_try_at TEXT,
	done_at     TEXT,
	last_error  TEXT NOT NULL
) STRICT;
CREATE INDEX notification_waiting ON notification (id) WHERE state = 'waiting';
CREATE INDEX notification_sent ON notification (done_at) WHERE state = 'sent';
CREATE INDEX notification_failed ON notification (id) WHERE state = 'failed';

CREATE TABLE notification_event (
	notification_id INTEGER NOT NULL,
	event_id        INTEGER NOT NULL,
	PRIMARY KEY (notification_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notification_event_event ON notification_event (event_id);

CREATE TABLE lease (
	name      TEXT PRIMARY KEY,
	holder    TEXT NOT NULL,
	epoch     INTEGER NOT NULL,
	turn      INTEGER NOT NULL,              -- moved by every write under the lease
	forgotten INTEGER NOT NULL DEFAULT 0,    -- clients, ever: what one remembers may be gone
	until_at  TEXT                           -- NULL: free
) STRICT, WITHOUT ROWID;
INSERT INTO lease (name, holder, epoch, turn) VALUES ('alerter', '', 0, 0);

CREATE VIEW latest AS
SELECT c.name AS client, s.taken_at, m.name AS metric, e.instance, r.value, m.unit
FROM client c
JOIN sample s ON s.id = c.newest_ok_id
JOIN reading r ON r.sample_id = s.id
JOIN series e ON e.id = r.series_id
JOIN metric m ON m.id = e.metric_id;

CREATE VIEW history AS
SELECT c.name AS client, s.taken_at, m.name AS metric, e.instance, r.value, m.unit
FROM client c
JOIN sample s ON s.client_id = c.id
JOIN reading r ON r.sample_id = s.id
JOIN series e ON e.id = r.series_id
JOIN metric m ON m.id = e.metric_id;

CREATE VIEW open_alerts AS
SELECT coalesce(c.name, '') AS client, a.rule, a.instance, a.severity, a.value, a.threshold,
	a.since, a.last_good_at, a.recipients, a.text
FROM alert a
LEFT JOIN client c ON c.id = a.client_id
WHERE a.state = 'firing';
