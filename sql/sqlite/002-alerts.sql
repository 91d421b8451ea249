-- What the alerter remembers beside the bare state of an alert, and what people tell it.

ALTER TABLE alert ADD COLUMN held         TEXT NOT NULL DEFAULT ''; -- why nobody is told now
ALTER TABLE alert ADD COLUMN breaches     INTEGER NOT NULL DEFAULT 0; -- samples in a row
ALTER TABLE alert ADD COLUMN level_since  TEXT; -- the value asks for another severity
ALTER TABLE alert ADD COLUMN flaps        INTEGER NOT NULL DEFAULT 0; -- since flaps_since
ALTER TABLE alert ADD COLUMN flaps_since  TEXT;
ALTER TABLE alert ADD COLUMN escalated_at TEXT;

ALTER TABLE event ADD COLUMN held TEXT NOT NULL DEFAULT ''; -- not '': history, told to nobody

-- What a channel sends beside the text, or instead of it: HTML of a mail, JSON of a webhook.
ALTER TABLE notification ADD COLUMN payload TEXT NOT NULL DEFAULT '';
CREATE INDEX notification_recipient ON notification (recipient, created_at);

-- Moved in the transaction that makes a series of this client: who knows its series sees that
-- there are more.
ALTER TABLE client ADD COLUMN series_turn INTEGER NOT NULL DEFAULT 0;

-- The alerter remembers series by their ids, so that of one which was removed is never another's.
DROP VIEW latest;
DROP VIEW history;
CREATE TABLE series_002 (
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	client_id INTEGER NOT NULL,
	metric_id INTEGER NOT NULL,
	instance  TEXT NOT NULL,
	seen_at   TEXT NOT NULL,                 -- to the day: the last reading
	UNIQUE (client_id, metric_id, instance)
) STRICT;
INSERT INTO series_002 SELECT id, client_id, metric_id, instance, seen_at FROM series;
DROP TABLE series;
ALTER TABLE series_002 RENAME TO series;

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

-- An event that a recipient is told later: in quiet hours, or when there were many already.
CREATE TABLE deferred (
	event_id  INTEGER NOT NULL,
	recipient TEXT NOT NULL,
	due_at    TEXT NOT NULL,
	PRIMARY KEY (event_id, recipient)
) STRICT, WITHOUT ROWID;
CREATE INDEX deferred_due ON deferred (due_at);

-- One life of an alert: that of the event which opened it. Void when the alert got worse since.
CREATE TABLE acknowledgement (
	opened_event INTEGER PRIMARY KEY,
	severity     TEXT NOT NULL,              -- of the alert then
	acked_at     TEXT NOT NULL,
	who          TEXT NOT NULL,
	why          TEXT NOT NULL
) STRICT;

-- client, grp, metric and instance are glob patterns; * is all.
CREATE TABLE silence (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	client     TEXT NOT NULL,
	grp        TEXT NOT NULL,
	metric     TEXT NOT NULL,
	instance   TEXT NOT NULL,
	starts_at  TEXT NOT NULL,
	ends_at    TEXT,                         -- NULL: until it is lifted
	weekly     TEXT NOT NULL,                -- '', or when in a week: sun 02:00-04:00
	who        TEXT NOT NULL,
	why        TEXT NOT NULL,
	created_at TEXT NOT NULL,
	lifted_at  TEXT,                         -- NULL: it was not
	lifted_by  TEXT,
	lifted_why TEXT
) STRICT;

DROP VIEW open_alerts;
CREATE VIEW open_alerts AS
SELECT coalesce(c.name, '') AS client, a.rule, a.instance, a.severity, a.value, a.threshold,
	a.since, a.last_good_at, a.recipients, a.text, a.held,
	coalesce(k.who, '') AS acknowledged_by, coalesce(k.why, '') AS acknowledged_why
FROM alert a
LEFT JOIN client c ON c.id = a.client_id
LEFT JOIN acknowledgement k ON k.opened_event = a.opened_event
	AND (k.severity = a.severity OR k.severity = 'critical')
WHERE a.state = 'firing';

-- What was one row for the mail server is one for each way that is at fault: rule delivery.
DELETE FROM alert WHERE rule = 'mail-delivery';
