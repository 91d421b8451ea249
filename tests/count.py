"""Prints the last line of a test run: count.py TESTLOG.json

A test program counts once, and each test that it skipped counts as a skip beside it. With CI
set a skip is a failure, unless the data it needs (../shared/fixtures beside the project) is
what is missing.
"""
import json
import os
import re
import sys

PASSED = {'OK', 'EXPECTEDFAIL'}
# How unittest and cmocka tell that they left some of their tests out.
SKIPS = re.compile(r'skipped=(\d+)|\[  SKIPPED \] (\d+) test')
EXPLAINED = 'shared/fixtures'

counts = {'passed': 0, 'failed': 0, 'skipped': 0}
unexplained = []


def count(test):
    said = test.get('stdout', '') + test.get('stderr', '')
    if test['result'] == 'SKIP':
        skips = 1
    else:
        counts['passed' if test['result'] in PASSED else 'failed'] += 1
        skips = sum(int(a or b) for a, b in SKIPS.findall(said))
    counts['skipped'] += skips
    if skips and EXPLAINED not in said:
        unexplained.append(test['name'])


with open(sys.argv[1], encoding='utf-8') as log:
    for line in log:
        count(json.loads(line))

for name in unexplained:
    print(f'skipped, or in part, and not for want of ../shared: {name}')
if not counts['passed']:
    print('no test ran')
print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
sys.exit(bool(counts['failed'] or not counts['passed'] or (unexplained and 'CI' in os.environ)))
