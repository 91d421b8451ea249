"""Prints what came of the faults that the programs are to survive: faults.py TESTLOG.json

A test that shows one says so with a line "fault NUMBER: WHAT CAME OF IT" (integration/rig/shows.py),
once with sanitizers and once more, as NAME-released, with the programs as they are used. A fault
of which no test told is a failure when CI is set.
"""
import collections
import json
import os
import re
import sys

TOLD = re.compile(r'^fault (\w+): (.*)$', re.M)
SHOWN_MOST = 6  # lines a fault; the rest is counted

# Number: the fault, what is expected.
FAULTS = {
    '1': ('a name does not resolve, or the resolver hangs', 'dns, by the deadline'),
    '2': ('a rack is dark', 'timeout at connect; the others are not late'),
    '3': ('connection refused', 'refused'),
    '4': ('accepts and says nothing', 'timeout at handshake'),
    '5': ('endless lines before the banner', 'too-large'),
    '6': ('a banner at one byte a second', 'deadline'),
    '7': ('no common algorithm; RSA only', 'no-common-algorithm, with the hint'),
    '8': ('host key changed', 'host-key-changed; no credential sent'),
    '9': ('host unknown, or its key revoked', 'no credential sent'),
    '10': ('recorded with one type of key, has several', 'ok'),
    '11': ('a malformed line in known_hosts', 'told with its number; the rest is used'),
    '12': ('key rejected', 'auth, after one attempt'),
    '13': ('secrets that others can read', 'refused, with the command that mends it'),
    '14': ('a flood of messages to be ignored', 'too-large; nobody is late'),
    '15': ('an exit-signal of 4 GiB', 'the run completes'),
    '16': ('a poller dies', 'internal for its hosts; the run completes'),
    '17': ('greetings, odd shells, forced commands', 'ok, or no-shell'),
    '18': ('no HOME, or one that takes no program', 'the next folder, or no-exec-directory'),
    '18a': ('every disk of the client is full', 'ok, unspooled'),
    '19': ('an upload is cut; the cached probe is damaged', 'the next run heals'),
    '20': ('two collectors upload at once', 'ok for both'),
    '21': ('another architecture', 'architecture; no upload'),
    '22': ('the probe is killed, hangs, or leaves a child', 'no-shell or deadline; ok'),
    '23': ('a flood of output', 'too-large'),
    '23a': ('clients send as much as one may, more than fits', 'too-large; nobody else fails'),
    '24': ('frames cut, bent, replayed, foreign, for a retired key', 'never stored'),
    '24a': ('connection lost before the ack', 'one row, ok, first_outcome kept'),
    '24b': ('paths, foreign names, thousands of leftovers', 'its own frames only, capped'),
    '24c': ('two collectors on one account', 'each gets its own'),
    '25': ('values and names that cannot be', 'refused by value, or escaped'),
    '26': ('a clock ten years off', "the server's time is used"),
    '27': ('the database is down, or lost at a COMMIT', 'later exactly one row each'),
    '27a': ('samples that come hours late', 'no state moves backwards'),
    '28': ('deadlock, lock wait', 'the transaction is run again'),
    '29': ('no TLS, another CA, another name', 'refused before the password is sent'),
    '30': ('SQLite locked; disk full', 'rolled back, said, nothing lost'),
    '31': ('kill -9 in each window', 'nothing lost, nothing doubled'),
    '32': ('mail refused for now, for good; lost after the dot', 'again; final; same Message-ID'),
    '32a': ('login refused all weekend', 'all wait, it is said, they arrive'),
    '33': ('one of three recipients is bad', 'two get theirs'),
    '34': ('STARTTLS is stripped', 'nothing is sent'),
    '35': ('ten thousand alerts at once', 'one digest a recipient'),
    '35a': ('a filesystem, rule or client goes while it fires', 'closed with its reason'),
    '35b': ('the uplink dies', 'one mail'),
    '36': ('a value that flaps', 'one thread, few mails'),
    '37': ('the run before is still at work', 'its own exit status; the third complains'),
    '38': ('the wall clock jumps', 'deadlines hold; samples keep their order'),
    '39': ('SIGTERM, or the deadline of the run', 'what was fetched is stored'),
    '40': ('few descriptors', 'fewer sessions, said once'),
    '41': ('memory or a call fails, at any site', 'a clean end; nothing lost, nothing doubled'),
    '42': ('DOCTYPE, entities, 70,000 lines', 'refused, with the right line'),
    '43': ('descriptors 0 to 2 closed, empty environment', 'works'),
}


def read(path):
    """({number: [what came of it]} with sanitizers, the same as released)."""
    told = collections.defaultdict(list), collections.defaultdict(list)
    with open(path, encoding='utf-8') as log:
        for line in log:
            test = json.loads(line)
            said = test.get('stdout', '') + test.get('stderr', '')
            for number, got in TOLD.findall(said):
                told[test['name'].endswith('-released')][number].append(got)
    return told


def show(got):
    """The distinct ones, in order."""
    lines = list(dict.fromkeys(got))
    more = len(lines) - SHOWN_MOST
    return lines[:SHOWN_MOST] + ([f'and {more} more'] if more > 0 else [])


def main(path):
    sanitized, released = read(path)
    if not sanitized and not released:
        return 0  # none of those tests ran
    missing = []
    for number, (fault, expected) in FAULTS.items():
        print(f'{number:>4}  {fault}\n      expected: {expected}')
        for build, got in (('got', sanitized), ('as released', released)):
            for line in show(got[number]):
                print(f'      {build}: {line}')
            if not got[number]:
                missing.append(number)
    unknown = (set(sanitized) | set(released)) - set(FAULTS)
    for number in unknown:
        print(f'no such fault: {number}')
    if missing:
        print(f'no test told of: {", ".join(dict.fromkeys(missing))}')
    return int(bool(unknown or (missing and 'CI' in os.environ)))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
