"""What happens to a simulated fleet, and what people are to hear of it: feed.c plays it, judge.py
holds the alerter to it. Pure: a seed gives one plan. Times are milliseconds since 1970."""
import dataclasses
import random

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BEGIN = 1_772_409_600_000  # Monday, 2026-03-02
BEHIND = MINUTE            # a run of the alerter behind that of the collector
TEAMS = 4
FLAP_AFTER, FLAP_WINDOW = 2, 200 * MINUTE
PER_HOUR = 30  # messages to one recipient

# Rules as they stand in config.xml, and what their incidents share: type, instance, how long it
# lasts before it is told, and how long it is over before that is.
RULES = '''
  <alert type="disk" limit="90%" critical="98%" for="40m"/>
  <alert type="cpu" limit="90%" clear="80%" for="40m" clear-for="40m"/>
  <alert type="memory" limit="95%" severity="critical"/>'''
DISK = ('disk', '/srv', 40 * MINUTE, 0)
CPU = ('cpu', '', 40 * MINUTE, 40 * MINUTE)
MEMORY = ('memory', '', 0, 0)


@dataclasses.dataclass(frozen=True)
class Piece:
    """What a client says for a while, as feed.c has it."""
    what: str
    instance: str
    begins: int
    ends: int
    first: float = 0
    last: float = 0


@dataclasses.dataclass(frozen=True)
class Incident:
    """What is truly wrong from `begins` until `ends`, and the events that each recipient hears of
    it, in their order: () when it is too short to be told."""
    rule: str
    instance: str
    wait: int
    calm: int
    begins: int
    ends: int
    hears: tuple = ('firing', 'resolved')
    client: str = ''
    who: tuple = ()


# ---- kinds: (pieces, incidents) from a beginning and the time between two cycles ---------------

def disk_is(value, begins, ends):
    return Piece('filesystem_used_ratio', '/srv', begins, ends, value, value)


def cpu_is(value, begins, ends):
    return Piece('cpu_used_ratio', '-', begins, ends, value, value)


def unreachable(every, begins, ends):
    return Incident('client-unreachable', '', every, 0, begins, ends)


def outage(at, every):
    end = at + 3 * HOUR
    return [Piece('timeout', '-', at, end)], [unreachable(every, at, end)]


def blip(at, every):
    """One attempt that fails."""
    return [Piece('refused', '-', at, at + every)], []


def spike(at, every):
    """Over before it has lasted."""
    return [cpu_is(0.97, at, at + every)], []


def busy(at, every):
    del every
    end = at + 4 * HOUR
    return [cpu_is(0.97, at, end)], [Incident(*CPU, at, end)]


def wavering(at, every):
    """Below the limit and above it by turns, but never well."""
    ends = range(at + 2 * HOUR, at + 5 * HOUR, every)
    pieces = [cpu_is(0.95, at, ends[0])] + [
        cpu_is((0.95, 0.85)[i % 2], begin, end)
        for i, (begin, end) in enumerate(zip(ends, ends[1:]))]
    return pieces, [Incident(*CPU, at, ends[-1])]


def memory(at, every):
    del every
    end = at + HOUR
    return ([Piece('memory_used_ratio', '-', at, end, 0.99, 0.99)],
            [Incident(*MEMORY, at, end)])


def filling(at, every, lasts=8 * HOUR):
    """A disk that grows until it is full, and is made room on an hour later."""
    del every
    full = at + lasts
    over = at + lasts * 4 // 5  # 0.5 to 1, limit 0.9
    end = full + HOUR
    return ([Piece('filesystem_used_ratio', '/srv', at, full, 0.5, 1), disk_is(1, full, end)],
            [Incident(*DISK, over, end, ('firing', 'worse', 'resolved'))])


def slowly_filling(at, every):
    return filling(at, every, 48 * HOUR)


def gap(at, every):
    """A full disk of a client that is away for a while."""
    begins, ends = at + 2 * HOUR, at + 4 * HOUR
    return ([disk_is(0.95, at, at + 6 * HOUR), Piece('timeout', '-', begins, ends)],
            [Incident(*DISK, at, at + 6 * HOUR), unreachable(every, begins, ends)])


def unmounted(at, every):
    """A full disk that goes away, and comes back with room."""
    rule, instance, wait, _ = DISK
    end = at + 3 * HOUR
    return ([disk_is(0.95, at, end), disk_is(float('nan'), end, end + 5 * HOUR)],
            [Incident(rule, instance, wait, 2 * every, at, end, ('firing', 'closed'))])


def flapping(at, every):
    """Above the limit and well again by turns: one opening too many in the window, and it is said
    once that it comes and goes, and once that it has stopped."""
    turns = range(at, at + 4 * HOUR, 2 * every)
    rule, instance, wait, _ = MEMORY
    return ([Piece('memory_used_ratio', '-', turn, turn + every, 0.99, 0.99) for turn in turns],
            [Incident(rule, instance, wait, FLAP_WINDOW, at, turns[-1] + every,
                      ('firing', 'resolved') * FLAP_AFTER + ('flapping', 'resolved'))])


# What, how many a day, days that one takes.
KINDS = (
    (outage, 4, 1),
    (blip, 5, 1),
    (spike, 5, 1),
    (busy, 3, 1),
    (wavering, 2, 1),
    (memory, 3, 1),
    (filling, 3, 1),
    (slowly_filling, 1, 3),
    (flapping, 2, 1),
    (gap, 2, 1),
    (unmounted, 1, 1),
)

# Clients of which something is said together: (group, attribute that says what, how many).
RACK = ('rack', 'parent="sw1"', 10)
CELLAR = ('cellar', 'jump="gate"', 8)
MAINTAINED = ('maintained', '', 6)


class Plan:
    """clients, days; every: minutes between two cycles. The rest are times, in hours from the
    beginning: when there is no alerter, no mail; when the rack's switch and the cellar's jump host
    are dead; when nobody is to hear of those who are maintained; when the collector is alone."""

    def __init__(self, *, clients, days, every, alerter_out, mail_out, switch, jump, silence,
                 isolation, seed=1):
        self.clients = [f'c{i:03}' for i in range(clients)]
        self.every, self.begins, self.ends = every * MINUTE, BEGIN, BEGIN + days * DAY
        self.alerter_out, self.mail_out, self.switch, self.jump, self.silence, self.isolation = (
            tuple(BEGIN + int(hour * HOUR) for hour in hours)
            for hours in (alerter_out, mail_out, switch, jump, silence, isolation))
        self.pieces, self.incidents = [], []
        self.rng = random.Random(seed)
        self.free = {(day, c) for day in range(days) for c in self.clients}
        self.groups = self.gather(RACK, CELLAR, MAINTAINED)
        self.add_groups()
        for kind, count, lasts in KINDS:
            for day in range(days - lasts + 1):
                for _ in range(count):
                    self.add(kind, day, lasts)

    def gather(self, *groups):
        """The first clients, by group; nothing else happens to them."""
        rest = iter(self.clients)
        of = {group: [next(rest) for _ in range(group[2])] for group in groups}
        self.free = {(day, c) for day, c in self.free if not any(c in m for m in of.values())}
        return of

    def add_groups(self):
        for group, name, outcome, rule, times in (
                (RACK, 'sw1', 'timeout', 'parent-unreachable', self.switch),
                (CELLAR, 'gate', 'timeout@jump', 'jump-unreachable', self.jump)):
            clients = self.groups[group]
            self.play(clients, Piece(outcome, '-', *times))
            self.hear(clients, Incident(rule, name, self.every, 0, *times))
        self.play(self.clients, Piece('timeout', '-', *self.isolation))
        self.hear(self.clients, Incident('collector-isolated', '', self.every, 0, *self.isolation))
        self.add_maintenance(*self.silence)

    def add_maintenance(self, begins, ends):
        """Half of them are well again in time; of the others is told at the end of it."""
        clients = self.groups[MAINTAINED]
        for i, client in enumerate(clients):
            over = (begins + ends) // 2 + i % 2 * (ends - begins)
            self.play([client], Piece('timeout', '-', begins + self.every, over))
            if over > ends:
                self.hear([client], Incident('client-unreachable', '', 0, 0, ends, over,
                                             client=client))

    def play(self, clients, piece):
        self.pieces += [(client, piece) for client in clients]

    def hear(self, clients, incident):
        """Told to all whom these clients concern."""
        who = {r for c in clients for r in self.recipients(c)}
        self.incidents.append(dataclasses.replace(incident, who=tuple(sorted(who))))

    def add(self, kind, day, lasts):
        """To a client to which nothing else happens on these days."""
        client = self.rng.choice(sorted(c for c in self.clients if all(
            (d, c) in self.free for d in range(day, day + lasts))))
        self.free -= {(d, client) for d in range(day, day + lasts)}
        at = BEGIN + day * DAY + self.rng.randint(60, 11 * 60) * MINUTE
        pieces, incidents = kind(at, self.every)
        for piece in pieces:
            self.play([client], piece)
        for incident in incidents:
            self.hear([client], dataclasses.replace(incident, client=client))

    def ticks(self):
        return range(self.begins, self.ends, self.every)

    def is_alerting(self, tick):
        return not self.alerter_out[0] <= tick < self.alerter_out[1]

    def is_mailing(self, tick):
        return not self.mail_out[0] <= tick < self.mail_out[1]

    def due(self, moment, wait):
        """When that which was so from `moment` on must have been told at the latest: once it has
        lasted, by the next run; later when the alerter, or the mail server, was not there, or
        nothing could be seen."""
        late = self.every + BEHIND
        due = moment + wait + late
        for (begins, ends), more in ((self.isolation, late), (self.alerter_out, late),
                                     (self.mail_out, late + 15 * MINUTE)):  # alerter/backoff.h
            if begins <= due <= ends + self.every:
                due = ends + more
        return due

    def recipients(self, client):
        return ('ops', f'team{int(client[1:]) % TEAMS}')

    def feed(self):
        """The text that feed.c reads."""
        lines = [str(len(self.clients))] + [
            f'{int(c[1:])} {p.what} {p.instance} {p.begins} {p.ends} {p.first} {p.last}'
            for c, p in self.pieces]
        return '\n'.join(lines) + '\n'

    def config(self):
        """What stands in config.xml beside <mail>."""
        grouped = {c for members in self.groups.values() for c in members}
        parts = [self.elements(c for c in self.clients if c not in grouped), '<parent name="sw1"/>',
                 '<jump name="gate" ip="192.0.2.1"/>']
        parts += [f'<group name="{name}" {more}>{self.elements(members)}</group>'
                  for (name, more, _), members in self.groups.items()]
        return (f'<alerter mail="ops@example.com" flap-after="{FLAP_AFTER}"'
                f' flap-window="{FLAP_WINDOW // MINUTE}m" per-hour="{PER_HOUR}"/>\n'
                f'<group name="all" username="monitor" password="x">{RULES}\n'
                + '\n'.join(parts) + '</group>')

    def elements(self, clients):
        return '\n'.join(
            f'<client name="{c}" ip="192.0.2.10" mail="'
            + ' '.join(f'{r}@example.com' for r in self.recipients(c)) + '"/>' for c in clients)


def week():
    """Every ten minutes, over 200 clients; a day without an alerter, an hour without mail."""
    return Plan(clients=200, days=7, every=10, mail_out=(24 + 9, 24 + 10), switch=(58, 60),
                alerter_out=(3 * 24 + 6, 4 * 24 + 6), silence=(5 * 24 + 16, 5 * 24 + 18),
                jump=(5 * 24 + 9, 5 * 24 + 12), isolation=(6 * 24 + 22.5, 6 * 24 + 23.5))


def day():
    """Every forty minutes, over 60 clients; two hours without an alerter, one without mail."""
    return Plan(clients=60, days=1, every=40, mail_out=(5, 6), alerter_out=(9, 11), switch=(12, 14),
                jump=(15, 17), silence=(18, 20), isolation=(21.9, 23.2))
