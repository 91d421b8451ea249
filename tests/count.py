"""Prints the last line of a test run: count.py TESTLOG.json

A skip is counted as what it is; under CI it is a failure unless the data it needs
(../shared/fixtures beside the project) is missing.
"""
import json
import os
import sys

PASSED = {'OK', 'EXPECTEDFAIL'}
counts = {'passed': 0, 'failed': 0, 'skipped': 0}
unexplained = []
with open(sys.argv[1], encoding='utf-8') as log:
    for line in log:
        test = json.loads(line)
        result = test['result']
        if result == 'SKIP':
            counts['skipped'] += 1
            if 'shared/fixtures' not in test.get('stdout', '') + test.get('stderr', ''):
                unexplained.append(test['name'])
        else:
            counts['passed' if result in PASSED else 'failed'] += 1

for name in unexplained:
    print(f'skipped without ../shared being the reason: {name}')
if not counts['passed']:
    print('no test ran')
print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
sys.exit(bool(counts['failed'] or not counts['passed'] or (unexplained and 'CI' in os.environ)))
