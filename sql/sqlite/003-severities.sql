-- worst: the worst severity since flaps_since, at which an alert that flaps is locked.
-- told_severity: what people were told last.

ALTER TABLE alert ADD COLUMN worst         TEXT NOT NULL DEFAULT 'warning';
ALTER TABLE alert ADD COLUMN told_severity TEXT NOT NULL DEFAULT 'warning';
UPDATE alert SET worst = 'critical', told_severity = 'critical' WHERE severity = 'critical';
