-- worst: the worst severity since flaps_since, at which an alert that flaps is locked.
-- told_severity: what people were told last. Each statement can be run again, as in the step before.

SET @step = (SELECT if(count(*) > 0, 'DO 0', 'ALTER TABLE alert
	ADD COLUMN worst         VARCHAR(16) NOT NULL DEFAULT ''warning'',
	ADD COLUMN told_severity VARCHAR(16) NOT NULL DEFAULT ''warning''')
FROM information_schema.columns
WHERE table_schema = database() AND table_name = 'alert' AND column_name = 'worst');
PREPARE step FROM @step;
EXECUTE step;

UPDATE alert SET worst = 'critical', told_severity = 'critical' WHERE severity = 'critical';
