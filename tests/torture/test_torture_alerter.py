"""The alerter while one call fails, and the run after it: no crash, no leak, nothing that is told
to nobody, and nothing that is told in two mails."""
import collections
import contextlib
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

from rig import mariadb, smtp
from rig.samples import MariadbSamples, Samples
from rig.web import WebServer
from torture import PLACES, SMALL_SAMPLE, Place, Sweep, check, does

DISK = 'filesystem_used_ratio'
IDN = '@bücher.example'  # behind a name; goes out as something else
USERS = {'web1': ('ops', 'second'), 'web2': ('ops',), 'web3': ('third',)}
WORDS = ('WARNING', 'RESOLVED')
# What must be the same whatever happened on the way; a mail server that seems to be away is an
# alert of its own.
STATE = {
    'alert': "SELECT c.name, a.rule, a.instance, a.state FROM alert a LEFT JOIN client c"
             " ON c.id = a.client_id WHERE a.rule != 'delivery'",
    'event': "SELECT kind, client_id, rule, instance, count(*) FROM event"
             " WHERE rule != 'delivery' GROUP BY 1, 2, 3, 4",
    'sample': 'SELECT count(*) FROM sample WHERE processed_at IS NULL',
    'notification': "SELECT count(*) FROM notification WHERE state != 'sent'",
}


def configure(fleet, elements, domain='@example.com'):
    """elements: <mail>, <storage>, whom to tell; domain: behind each name of a recipient."""
    fleet.write('mail.password', smtp.PASSWORD + '\n')
    fleet.write_config(elements + '\n'.join(
        f'<client name="{name}" ip="192.0.2.10" username="monitor" password="x" mail="'
        + ' '.join(f'{u}{domain}' for u in users) +
        '"><alert type="disk" limit="90%" for="1m"/></client>' for name, users in USERS.items()))


def smtp_element(server):
    return (f'<mail host="127.0.0.1" port="{server.port}" from="fleet{IDN}"'
            f' list-id="example.com" timeout="20s" security="starttls" user="{smtp.USER}"'
            f' password-file="mail.password" ca="{server.ca}"/>')


def add_history(samples):
    """An alert that was told: a disk that is full, and a client that does not answer."""
    for minute in (-22, -20):
        samples.add('web1', minute, {(DISK, '/home'): 0.95})
        samples.add('web2', minute, outcome='timeout', error='no answer in time')


def add_news(samples):
    """That disk has room again; one is full, one soon; that client answers; of the third so
    much is wrong that it goes out as one digest."""
    for minute in (-8, -6):
        full = {(DISK, '/home'): 0.5, (DISK, '/var'): 0.95}
        if minute == -6:
            full[DISK, '/srv'] = 0.99
        samples.add('web1', minute, full)
        samples.add('web2', minute, {(DISK, '/'): 0.2})
        samples.add('web3', minute, {(DISK, f'/{i}'): 0.95 for i in range(6)})


def tell_story(fleet, open_samples):
    """From the tables on; all but the news is known to the alerter."""
    for add in (add_history, add_news):
        check(fleet.run('alerter').status == 0, 'the beginning goes wrong')
        with contextlib.closing(open_samples(fleet)) as samples:
            add(samples)


def headlines(text):
    lines = (line.removeprefix('[fleet] ') for line in text.splitlines())
    return {line for line in lines if line.startswith(WORDS) and 'mail server' not in line}


class Attempt:
    """One run with a fault, one without."""

    def __init__(self):
        self.expected = None

    def prepare(self, place):
        place.restore()

    def open_samples(self, fleet):
        return Samples(fleet)

    def __call__(self, place):
        self.prepare(place)
        bad = place.run('alerter', faults=True)
        check(bad.status == 0 or bad.err, 'nothing was said:', bad)
        with contextlib.closing(self.open_samples(place.fleet)) as samples:
            samples.make_due()
            good = place.run('alerter')
            state = {name: sorted(samples.execute(sql)) for name, sql in STATE.items()}
        try:
            check((good.status, good.err) == (0, ''), 'the next run is not silent:', good)
            self.judge(state, self.told(place, bad.out, good.out))
        except Exception as e:
            e.args = (f'{e}\nafter {bad}',)
            raise

    def judge(self, state, told):
        """Undisturbed, at first; from then on the same again."""
        if not self.expected:
            check(told and state['alert'], 'nothing to compare with')
            self.expected = state, told
        for name, rows in state.items():
            check(rows == self.expected[0][name], f'{name}: {rows}, not {self.expected[0][name]}')
        check(told == self.expected[1], f'told: {told}, not {self.expected[1]}')


class ByMail(Attempt):
    def told(self, place, *outs):
        """{(user, what): 1}: in how many mails."""
        check(not any(outs), 'it prints:', *outs)
        place.server.settle()
        mails = collections.defaultdict(set)
        for user in smtp_users():
            for mail in place.server.mails(user):
                for line in headlines(f"{mail['subject']}\n{smtp.text(mail)}"):
                    mails[user, line].add(mail['message-id'])
        place.server.empty()
        return {key: len(ids) for key, ids in mails.items()}


class OnOutput(Attempt):
    """Where a line that was printed, but for its last part, is printed again."""

    def told(self, place, *outs):
        return {line: 1 for out in outs for line in headlines(out)}


class ByChannels(Attempt):
    """Webhooks and commands, which keep what they were told with its Message-ID."""

    def told(self, place, *outs):
        check(not any(outs), 'it prints:', *outs)
        told = collections.defaultdict(set)
        for request in place.web.requests:
            body = json.loads(request.body)
            for event in body['events']:
                told[body['recipient'], event['headline']].add(request.headers['Idempotency-Key'])
        place.web.requests.clear()
        log = pathlib.Path(place.told)
        for line in log.read_text(encoding='utf-8').splitlines() if log.exists() else ():
            who, message, subject = line.split(' ', 2)
            told[who, subject].add(message)
        log.unlink(missing_ok=True)
        return {key: len(ids) for key, ids in told.items()}


class OnMariadb(OnOutput):
    """Each time in a new database."""

    def __init__(self, server):
        super().__init__()
        self.server = server

    def database(self, fleet):
        return 'torture_' + re.sub('[^a-z0-9]', '', fleet.folder.rpartition('fleet-torture')[2])

    def open_samples(self, fleet):
        return MariadbSamples(self.server, self.database(fleet))

    def prepare(self, place):
        place.restore()
        name = self.database(place.fleet)
        self.server.query(f'DROP DATABASE IF EXISTS {name}; '
                          f'CREATE DATABASE {name} CHARACTER SET utf8mb4')
        configure(place.fleet, f'<storage engine="mariadb" socket="{self.server.socket}"'
                               f' user="root" database="{name}"/>')
        tell_story(place.fleet, self.open_samples)


def is_of(site, *parts):
    """Whether it is of a way to tell, or of what is common to them all."""
    return any(part in site.name for part in ('outbox', 'deliver', 'places', 'channel.c', *parts))


def smtp_users():
    return sorted({u for users in USERS.values() for u in users})


class Alerter(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-torture-')
        os.chmod(self.folder, 0o755)  # the mail server has an account of its own
        self.addCleanup(shutil.rmtree, self.folder, True)

    def make_place(self, number, mail='', **more):
        place = Place(self.folder, number)
        configure(place.start, mail, **more)
        tell_story(place.start, Samples)
        return place

    @unittest.skipIf(smtp.missing(), smtp.missing())
    def test_every_site_by_mail(self):
        with contextlib.ExitStack() as stack:
            places = []
            for number in range(PLACES):
                server = stack.enter_context(
                    smtp.MailServer(f'{self.folder}/mx{number}', *smtp_users()))
                places.append(self.make_place(number, smtp_element(server), domain=IDN))
                places[-1].server = server
                server.settle()
                server.empty()
            self.assertEqual(Sweep('alerter', places, ByMail()).run(), [])

    @does(SMALL_SAMPLE)
    def test_every_site_on_output(self):
        places = [self.make_place(number) for number in range(PLACES)]
        sweep = Sweep('alerter', places, OnOutput(), lambda site: is_of(site, 'stdout'),
                      SMALL_SAMPLE)
        self.assertEqual(sweep.run(), [])

    @does(SMALL_SAMPLE)
    def test_every_site_by_channels(self):
        """Two webhooks and a command."""
        with contextlib.ExitStack() as stack:
            places = []
            for number in range(PLACES):
                web = stack.enter_context(WebServer(self.folder, tls=False))
                told = f'{self.folder}/told{number}'
                places.append(self.make_place(number, self.channels(web, told), domain=''))
                places[-1].web, places[-1].told = web, told
                web.requests.clear()
                pathlib.Path(told).unlink(missing_ok=True)
            sweep = Sweep('alerter', places, ByChannels(), lambda site: is_of(
                site, 'webhook', 'command', 'http', 'payload', 'template', 'json', 'hmac'),
                          SMALL_SAMPLE)
            self.assertEqual(sweep.run(), [])

    def channels(self, web, told):
        """The names of USERS, none of them a mail address."""
        script = pathlib.Path(f'{told}.sh')
        script.write_text('#!/bin/sh\ncat >/dev/null\n'
                          f'echo "$1 $FLEET_MESSAGE_ID $FLEET_SUBJECT" >>"{told}"\n')
        script.chmod(0o755)
        secret = pathlib.Path(f'{told}.secret')
        secret.write_text('secret\n')
        secret.chmod(0o600)
        return ''.join(f'<webhook name="{name}" url="{web.url("/hook")}" secret-file="{secret}"/>'
                       for name in ('ops', 'second')) + \
            f'<command name="third" run="{script} third"/>'

    @does(SMALL_SAMPLE)
    @unittest.skipUnless(mariadb.installed(), 'there is no mariadbd')
    def test_every_site_on_mariadb(self):
        """Those that SQLite does not have."""
        with mariadb.Mariadb(f'{self.folder}/mariadb') as server:
            places = [self.make_place(number) for number in range(PLACES)]
            sweep = Sweep('alerter', places, OnMariadb(server),
                          lambda site: 'mariadb' in site.name, SMALL_SAMPLE)
            self.assertEqual(sweep.run(), [])


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
