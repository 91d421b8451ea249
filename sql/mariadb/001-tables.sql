-- Times are UTC with milliseconds. Ids of sample and cycle are attempt ids, ordered by time.
-- No statement here can be undone on this engine, so each can be run again. Every statement
-- ends with a semicolon at the end of a line.
--
-- sample and reading are partitioned by UTC day of the attempt id; the program makes the
-- partitions ahead and drops old ones. That is why neither has foreign keys.

CREATE TABLE IF NOT EXISTS schema_version (
	version    INT NOT NULL PRIMARY KEY,
	applied_at DATETIME(3) NOT NULL,
	program    VARCHAR(64) NOT NULL         -- version of the program that did it
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS client (
	id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	name         VARCHAR(255) NOT NULL UNIQUE,
	created_at   DATETIME(3) NOT NULL,
	newest_id    BIGINT NOT NULL DEFAULT 0, -- newest sample of any outcome
	newest_ok_id BIGINT NOT NULL DEFAULT 0, -- newest sample with readings
	last_good_at DATETIME(3)                -- its taken_at, outlives the sample
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS collector (
	number     INT NOT NULL PRIMARY KEY,    -- stands in the ids of its attempts
	claim      BIGINT NOT NULL UNIQUE,      -- what tells it from others, see lib/storage
	place      VARCHAR(400) NOT NULL,       -- machine and folder, for people
	claimed_at DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS cycle (
	id          BIGINT NOT NULL PRIMARY KEY,
	program     VARCHAR(32) NOT NULL,
	version     VARCHAR(64) NOT NULL,
	started_at  DATETIME(3) NOT NULL,
	finished_at DATETIME(3),                -- NULL: running, or it died
	deadline_at DATETIME(3),
	clients     INT UNSIGNED NOT NULL,
	ok          INT UNSIGNED NOT NULL,
	failed      INT UNSIGNED NOT NULL,
	whole_fleet TINYINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS sample (
	id            BIGINT NOT NULL PRIMARY KEY,
	client_id     BIGINT NOT NULL,
	cycle_id      BIGINT NOT NULL,          -- 0: not known
	taken_at      DATETIME(3) NOT NULL,
	received_at   DATETIME(3) NOT NULL,
	outcome       VARCHAR(32) NOT NULL,
	first_outcome VARCHAR(32) NOT NULL,
	stage         VARCHAR(32) NOT NULL,
	error         TEXT NOT NULL,
	duration_ms   INT UNSIGNED NOT NULL,
	probe_hash    VARCHAR(64) NOT NULL,
	digest        BINARY(16),               -- NULL: no report
	processed_at  DATETIME(3),              -- NULL: the alerter has not been there
	KEY sample_client (client_id, taken_at),
	KEY sample_unprocessed (processed_at, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
PARTITION BY RANGE (id) (PARTITION pmax VALUES LESS THAN MAXVALUE);

CREATE TABLE IF NOT EXISTS metric (
	id   BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	name VARCHAR(255) NOT NULL UNIQUE,
	unit VARCHAR(32) NOT NULL,
	help TEXT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS series (
	id        BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	client_id BIGINT NOT NULL,
	metric_id BIGINT NOT NULL,
	instance  VARCHAR(400) NOT NULL,
	seen_at   DATETIME(3) NOT NULL,         -- to the day: the last reading
	UNIQUE (client_id, metric_id, instance)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS reading (
	sample_id BIGINT NOT NULL,
	series_id BIGINT NOT NULL,
	value     DOUBLE NOT NULL,
	PRIMARY KEY (sample_id, series_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
PARTITION BY RANGE (sample_id) (PARTITION pmax VALUES LESS THAN MAXVALUE);

CREATE TABLE IF NOT EXISTS report (
	client_id BIGINT NOT NULL PRIMARY KEY,
	counters  MEDIUMBLOB,                   -- packed, see lib/metrics/derive.h
	text      MEDIUMBLOB,                   -- the whole report, as zlib's compress() makes it
	text_size INT UNSIGNED,                 -- its bytes when uncompressed
	text_at   DATETIME(3)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS alert (
	id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	client_id    BIGINT NOT NULL,           -- 0: concerns no client
	rule         VARCHAR(255) NOT NULL,
	instance     VARCHAR(400) NOT NULL,
	state        VARCHAR(16) NOT NULL,
	severity     VARCHAR(16) NOT NULL,
	value        DOUBLE,
	threshold    DOUBLE,
	since        DATETIME(3),
	as_of        DATETIME(3),
	as_of_id     BIGINT NOT NULL,
	clear_since  DATETIME(3),
	count        INT UNSIGNED NOT NULL,
	last_good_at DATETIME(3),
	told_at      DATETIME(3),
	opened_event BIGINT NOT NULL DEFAULT 0,
	recipients   TEXT NOT NULL,
	text         TEXT NOT NULL,
	UNIQUE (client_id, rule, instance),
	KEY alert_opened (opened_event)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One alert cannot do the same thing twice at the same time by the same sample: this key makes
-- a transition whose commit was in doubt safe to repeat.
CREATE TABLE IF NOT EXISTS event (
	id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	alert_id     BIGINT NOT NULL,
	kind         VARCHAR(16) NOT NULL,
	at           DATETIME(3) NOT NULL,
	client_id    BIGINT NOT NULL,
	rule         VARCHAR(255) NOT NULL,
	instance     VARCHAR(400) NOT NULL,
	sample_id    BIGINT NOT NULL,           -- the alert's as_of_id: 0 when there is none
	severity     VARCHAR(16) NOT NULL,
	value        DOUBLE,
	threshold    DOUBLE,
	since        DATETIME(3),
	last_good_at DATETIME(3),
	opened_event BIGINT NOT NULL,
	text         TEXT NOT NULL,
	recipients   TEXT NOT NULL,
	told_at      DATETIME(3),               -- NULL: not yet composed into notifications
	UNIQUE (client_id, rule, instance, kind, at, sample_id),
	KEY event_untold (told_at, id),
	KEY event_thread (opened_event)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS notification (
	id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	channel     VARCHAR(32) NOT NULL,
	recipient   VARCHAR(320) NOT NULL,
	message_id  VARCHAR(320) NOT NULL,
	refs        VARCHAR(320) NOT NULL,      -- the message it answers
	subject     TEXT NOT NULL,
	text        MEDIUMTEXT NOT NULL,
	state       VARCHAR(16) NOT NULL,
	tries       INT UNSIGNED NOT NULL,
	created_at  DATETIME(3) NOT NULL,
	next_try_at DATETIME(3),
	done_at     DATETIME(3),
	last_error  TEXT NOT NULL,
	KEY notification_state (state, id),
	KEY notification_sent (state, done_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS notification_event (
	notification_id BIGINT NOT NULL,
	event_id        BIGINT NOT NULL,
	PRIMARY KEY (notification_id, event_id),
	KEY notification_event_event (event_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS lease (
	name      VARCHAR(32) NOT NULL PRIMARY KEY,
	holder    VARCHAR(255) NOT NULL,
	epoch     BIGINT NOT NULL,
	turn      BIGINT NOT NULL,              -- moved by every write under the lease
	forgotten BIGINT NOT NULL DEFAULT 0,    -- clients, ever: what one remembers may be gone
	until_at  DATETIME(3)                   -- NULL: free
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT IGNORE INTO lease (name, holder, epoch, turn) VALUES ('alerter', '', 0, 0);

CREATE OR REPLACE SQL SECURITY INVOKER VIEW latest AS
SELECT c.name AS client, s.taken_at, m.name AS metric, e.instance, r.value, m.unit
FROM client c
JOIN sample s ON s.id = c.newest_ok_id
JOIN reading r ON r.sample_id = s.id
JOIN series e ON e.id = r.series_id
JOIN metric m ON m.id = e.metric_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW history AS
SELECT c.name AS client, s.taken_at, m.name AS metric, e.instance, r.value, m.unit
FROM client c
JOIN sample s ON s.client_id = c.id
JOIN reading r ON r.sample_id = s.id
JOIN series e ON e.id = r.series_id
JOIN metric m ON m.id = e.metric_id;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW open_alerts AS
SELECT coalesce(c.name, '') AS client, a.rule, a.instance, a.severity, a.value, a.threshold,
	a.since, a.last_good_at, a.recipients, a.text
FROM alert a
LEFT JOIN client c ON c.id = a.client_id
WHERE a.state = 'firing';
