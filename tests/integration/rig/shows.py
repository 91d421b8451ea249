"""Which faults a test shows the programs to survive: told on standard output, where
tests/faults.py finds it and makes a table of it.

Sources of the numbers: FAULTS in tests/faults.py.
"""
import functools
import os
import sqlite3


def tell(fault, got):
    print(f'fault {fault}: {got}', flush=True)


def outcomes(test):
    """What stands in the rows of a test's fleet, if it has one: 'ok 3, auth 1'."""
    database = getattr(getattr(test, 'fleet', None), 'database', '')
    if not isinstance(database, str) or not os.path.exists(database):
        return ''
    try:
        rows = test.fleet.rows('SELECT outcome, count(*) FROM sample GROUP BY 1 ORDER BY 2 DESC, 1')
    except sqlite3.Error:
        return ''
    return ', '.join(f'{outcome} {count}' for outcome, count in rows)


def shows(*faults):
    """Marks a test: when it passes, each of these is told, with the test's name in words and the
    outcomes that are stored by then."""
    def mark(test):
        words = test.__name__.removeprefix('test_').replace('_', ' ')

        @functools.wraps(test)
        def run(self):
            test(self)
            rows = outcomes(self)
            for fault in faults:
                tell(fault, f'{words} ({rows})' if rows else words)
        return run
    return mark
