-- What the alerter remembers beside the bare state of an alert, and what people tell it. Each
-- statement can be run again, on MySQL too, which knows no ADD COLUMN IF NOT EXISTS: all that is
-- added to a table is added at once, when its first column is not there.

-- held: why nobody is told now. breaches: samples in a row that broke the limit. level_since: since
-- when the value asks for another severity. flaps: changes since flaps_since.
SET @step = (SELECT if(count(*) > 0, 'DO 0', 'ALTER TABLE alert
	ADD COLUMN held         VARCHAR(1000) NOT NULL DEFAULT '''',
	ADD COLUMN breaches     INT UNSIGNED NOT NULL DEFAULT 0,
	ADD COLUMN level_since  DATETIME(3),
	ADD COLUMN flaps        INT UNSIGNED NOT NULL DEFAULT 0,
	ADD COLUMN flaps_since  DATETIME(3),
	ADD COLUMN escalated_at DATETIME(3)')
FROM information_schema.columns
WHERE table_schema = database() AND table_name = 'alert' AND column_name = 'held');
PREPARE step FROM @step;
EXECUTE step;

-- Not '': history, told to nobody.
SET @step = (SELECT if(count(*) > 0, 'DO 0', 'ALTER TABLE event
	ADD COLUMN held VARCHAR(1000) NOT NULL DEFAULT ''''')
FROM information_schema.columns
WHERE table_schema = database() AND table_name = 'event' AND column_name = 'held');
PREPARE step FROM @step;
EXECUTE step;

-- What a channel sends beside the text, or instead of it: HTML of a mail, JSON of a webhook.
SET @step = (SELECT if(count(*) > 0, 'DO 0', 'ALTER TABLE notification
	ADD COLUMN payload MEDIUMTEXT NOT NULL DEFAULT (''''),
	ADD KEY notification_recipient (recipient, created_at)')
FROM information_schema.columns
WHERE table_schema = database() AND table_name = 'notification' AND column_name = 'payload');
PREPARE step FROM @step;
EXECUTE step;

-- Moved in the transaction that makes a series of this client: who knows its series sees that
-- there are more.
SET @step = (SELECT if(count(*) > 0, 'DO 0', 'ALTER TABLE client
	ADD COLUMN series_turn BIGINT NOT NULL DEFAULT 0')
FROM information_schema.columns
WHERE table_schema = database() AND table_name = 'client' AND column_name = 'series_turn');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- An event that a recipient is told later: in quiet hours, or when there were many already.
CREATE TABLE IF NOT EXISTS deferred (
	event_id  BIGINT NOT NULL,
	recipient VARCHAR(320) NOT NULL,
	due_at    DATETIME(3) NOT NULL,
	PRIMARY KEY (event_id, recipient),
	KEY deferred_due (due_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One life of an alert: that of the event which opened it. Void when the alert got worse since.
CREATE TABLE IF NOT EXISTS acknowledgement (
	opened_event BIGINT NOT NULL PRIMARY KEY,
	severity     VARCHAR(16) NOT NULL,      -- of the alert then
	acked_at     DATETIME(3) NOT NULL,
	who          VARCHAR(255) NOT NULL,
	why          TEXT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- client, grp, metric and instance are glob patterns; * is all.
CREATE TABLE IF NOT EXISTS silence (
	id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	client     VARCHAR(255) NOT NULL,
	grp        VARCHAR(255) NOT NULL,
	metric     VARCHAR(255) NOT NULL,
	instance   VARCHAR(400) NOT NULL,
	starts_at  DATETIME(3) NOT NULL,
	ends_at    DATETIME(3),                 -- NULL: until it is lifted
	weekly     VARCHAR(255) NOT NULL,       -- '', or when in a week: sun 02:00-04:00
	who        VARCHAR(255) NOT NULL,
	why        TEXT NOT NULL,
	created_at DATETIME(3) NOT NULL,
	lifted_at  DATETIME(3),                 -- NULL: it was not
	lifted_by  VARCHAR(255),
	lifted_why TEXT
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW open_alerts AS
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
