"""What people were told, held against what truly happened (plan.py). Each check returns complaints:
none when all is well."""
import collections
import dataclasses
import datetime

from plan import BEHIND, HOUR, PER_HOUR

SQL = '''
SELECT coalesce(n.recipient, ''), coalesce(n.message_id, ''), n.refs, n.state, n.created_at,
       n.done_at, coalesce(c.name, ''), e.rule, e.instance, e.kind, e.at, e.id, e.opened_event
FROM event e
LEFT JOIN client c ON c.id = e.client_id
LEFT JOIN notification_event ne ON ne.event_id = e.id
LEFT JOIN notification n ON n.id = ne.notification_id
WHERE e.held = ''
ORDER BY e.id'''


def to_ms(text):
    """Of a time in UTC as either store has it."""
    if text in (None, 'NULL'):
        return None
    moment = datetime.datetime.fromisoformat(text.removesuffix('Z') + '+00:00')
    return round(moment.timestamp() * 1000)


@dataclasses.dataclass(frozen=True)
class Telling:
    """One event in one message to one recipient."""
    who: str
    message: str
    references: str
    state: str
    composed_at: int
    done_at: int
    client: str
    rule: str  # its first part: "disk"
    instance: str
    kind: str
    at: int
    event: int
    opened: int

    def key(self):
        """The same in each play of the same plan."""
        return self.who, self.client, self.rule, self.instance, self.kind, self.at

    def __str__(self):
        at = datetime.datetime.fromtimestamp(self.at / 1000, datetime.timezone.utc)
        return f'{self.who}: {self.client} {self.rule} {self.instance} {self.kind} {at:%a %H:%M:%S}'


def read_tellings(store):
    return [Telling(who.partition('@')[0], message, refs, state, to_ms(made), to_ms(done), client,
                    rule.partition('/')[0], instance, kind, to_ms(at), *more)
            for who, message, refs, state, made, done, client, rule, instance, kind, at, *more
            in store.execute(SQL)]


class Judge:
    """mails: {recipient: [email message]}, as they were delivered."""

    def __init__(self, plan, tellings, mails):
        self.plan, self.tellings, self.mails = plan, tellings, mails
        self.heard = collections.defaultdict(list)  # (incident, recipient): tellings
        self.untrue = []
        alerts = collections.defaultdict(list)
        for incident in plan.incidents:
            alerts[incident.client, incident.rule, incident.instance].append(incident)
        for telling in tellings:
            of_alert = alerts[telling.client, telling.rule, telling.instance]
            incident = next((i for i in of_alert if self.is_of(telling, i)), None)
            if incident:
                self.heard[incident, telling.who].append(telling)
            else:
                self.untrue.append(telling)

    def is_of(self, telling, incident):
        """By the time of the sample that showed it, which is not late when the alerter is."""
        end = incident.ends + incident.calm + self.plan.every + BEHIND
        return incident.begins <= telling.at <= end

    def nothing_untrue(self):
        return [f'untrue: {telling}' for telling in self.untrue]

    def each_once(self):
        """To everybody whom it concerns, and to nobody else: its events in their order."""
        expected = {(i, who): i.hears for i in self.plan.incidents
                    for who in i.who}
        heard = {key: tuple(t.kind for t in tellings) for key, tellings in self.heard.items()}
        return [f'{key[1]} heard {heard.get(key, ())} of {key[0]}'
                for key in {**expected, **heard} if heard.get(key) != expected.get(key)]

    def in_time(self):
        """The first of its events once it is true, the last once it is over."""
        late = []
        for (incident, _), tellings in self.heard.items():
            due = (self.plan.due(incident.begins, incident.wait),
                   self.plan.due(incident.ends, incident.calm))
            late += [f'{(t.done_at - by) // 60000} minutes late: {t}'
                     for t, by in ((tellings[0], due[0]), (tellings[-1], due[1]))
                     if t.done_at is None or t.done_at > by]
        return late

    def in_one_message(self):
        """Each (recipient, event) in exactly one Message-ID."""
        messages = collections.defaultdict(set)
        for t in self.tellings:
            messages[t.who, t.event].add(t.message)
        return [f'{who} has event {event} in {ids}' for (who, event), ids in messages.items()
                if len(ids) != 1 or '' in ids]

    def delivered(self):
        """What the outbox says was sent is what lies in the mailboxes."""
        complaints = [f'{t.state}: {t}' for t in self.tellings if t.state != 'sent']
        for who, mails in self.mails.items():
            sent = {t.message for t in self.tellings if t.who == who}
            came = {mail['message-id'].strip('<>') for mail in mails}
            complaints += [f'{who}: {m} only in the outbox' for m in sent - came]
            complaints += [f'{who}: {m} only in the mailbox' for m in came - sent]
        return complaints

    def in_one_thread(self):
        """A mail of its own about an alert that was told before answers the mail that told it."""
        first, complaints = {}, []
        sizes = collections.Counter(t.message for t in self.tellings)
        answers = {(who, mail['message-id'].strip('<>')): (mail['references'] or '').strip('<>')
                   for who, mails in self.mails.items() for mail in mails}
        for t in self.tellings:
            thread = first.setdefault((t.who, t.opened), t.message)
            if thread != t.message and sizes[t.message] == 1 and \
                    answers.get((t.who, t.message)) != thread:
                complaints.append(f'not in its thread: {t}')
        return complaints

    def in_words(self):
        """Each mail names the machine of each event that it is to tell."""
        words = {(who, mail['message-id'].strip('<>')):
                 mail['subject'] + mail.get_body(('plain',)).get_content()
                 for who, mails in self.mails.items() for mail in mails}
        return [f'not in the words of its mail: {t}' for t in self.tellings
                if (t.client or t.instance) not in words.get((t.who, t.message), '')]

    def bounded(self):
        """Mails, not counting one that came again, by what they tell. Prints them."""
        complaints = []
        for who, mails in sorted(self.mails.items()):
            incidents = [i for i in self.plan.incidents if who in i.who]
            most = sum(len(i.hears) for i in incidents)
            count = len({mail['message-id'] for mail in mails})
            mine = {t.message: t.composed_at for t in self.tellings if t.who == who}
            events = sum(t.who == who for t in self.tellings)
            hour = max(sum(0 <= later - at < HOUR for later in mine.values())
                       for at in mine.values())
            print(f'{who}: {len(incidents)} incidents, {events} events in {count} mails, at most '
                  f'{hour} in an hour; {len(mails) - count} came again')
            if count > most or hour > PER_HOUR:
                complaints.append(f'{count} mails to {who}, not at most {most}; {hour} in an hour')
        return complaints

    def complaints(self):
        return [c for check in (self.nothing_untrue, self.each_once, self.in_time,
                                self.in_one_message, self.delivered, self.in_words,
                                self.in_one_thread, self.bounded) for c in check()]
