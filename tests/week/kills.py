"""When runs of the alerter die: at system calls (integration/kill_at.c), in each window between a
sample and the mark that it was told."""
import collections

COMMIT = ['main<pwrite64', 'main>fdatasync']
BEGUN = COMMIT * 2                # the lease is taken, the run has its row
SEEN = ['main<pwrite64,sendto']   # others see a commit a little after it is synced
# In the order in which a run comes to them: what one that died has done, the next one need not.
WINDOWS = {
    'read': BEGUN + ['main>pread64'] * 3,       # samples are being read
    'evaluated': BEGUN + ['main<pwrite64'],     # alerts have moved, in memory
    'committed': BEGUN + COMMIT + SEEN,         # and in storage
    'composed': ['main<sendto'],                # notifications are frozen
    'sent': ['main>sendto', 'main<pwrite64'],   # one was taken by the mail server
    'marked': ['main>sendto'] + COMMIT + SEEN,  # and is known to be
}
# On MariaDB each query is said to a server, too: a run dies when it has said so much.
QUERIES = {count: ['main<sendto'] * count for count in (60, 85, 105, 125, 145, 165)}
STATE = {
    'runs': "SELECT id FROM cycle WHERE program = 'alerter'",
    'unprocessed': 'SELECT id FROM sample WHERE processed_at IS NULL LIMIT 1',
    'untold': 'SELECT id FROM event WHERE told_at IS NULL LIMIT 1',
    'waiting': "SELECT message_id FROM notification WHERE state = 'waiting'",
    'sent': "SELECT message_id FROM notification WHERE state = 'sent'",
}


class Kills:
    """At least `count` of them: a run of each window one after the other, at an even sample of the
    times at which there were news."""

    def __init__(self, count, news, windows):
        self.windows = windows
        chains = -(-count // len(windows)) * 10 // 9 + 1  # some windows are passed by
        self.times = {news[i * len(news) // chains] for i in range(chains)}
        self.counts = collections.Counter()

    def of(self, now):
        return self.windows.values() if now in self.times else ()

    def look(self, store):
        """Before a run that is to die."""
        self.before = self.read(store)

    def note(self, moments, store, server):
        """Counts one that died, by the state it left."""
        self.counts[self.window(self.read(store), moments, server)] += 1

    @staticmethod
    def read(store):
        return {name: [row[0] for row in store.execute(sql)] for name, sql in STATE.items()}

    def window(self, left, moments, server):
        if left['runs'] == self.before['runs']:
            return ''
        if left['unprocessed']:
            return 'evaluated' if moments == WINDOWS['evaluated'] else 'read'
        if left['untold']:
            return 'committed'
        if left['sent'] != self.before['sent'] and moments == WINDOWS['marked']:
            return 'marked'
        log = server.log()
        if any(f'id={message}' in log for message in left['waiting']):
            return 'sent'
        return 'composed' if left['waiting'] else ''
