"""What stays on a client when a connection dies and when two collectors share its account; and
which of its host keys serves."""
import os
import pathlib
import re
import shutil
import socket
import sys
import threading
import unittest

from rig.fleet import Fleet
from rig.shows import shows
from test_collect import CollectTest

KEY_ID = re.compile('[0-9a-f]{16}')


class Scissors:
    """A TCP proxy that, when so many bytes of the server have passed, does what it is told."""

    def __init__(self, port):
        self.target = port
        self.cut = None       # at this byte of the server's the connection ends
        self.swallow = None   # from this byte on the server hears nothing more
        self.passed = 0       # of the last connection
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            self.passed = 0
            server = socket.create_connection(('127.0.0.1', self.target))
            ways = [threading.Thread(target=self._pass, daemon=True, args=arguments)
                    for arguments in ((client, server, self._up), (server, client, self._down))]
            for way in ways:
                way.start()
            for way in ways:
                way.join()
            client.close()
            server.close()

    def _pass(self, source, target, change):
        try:
            while data := source.recv(65536):
                data = change(data)
                target.sendall(data)
                if self.cut is not None and self.passed >= self.cut:
                    break
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _up(self, data):
        return b'' if self.swallow is not None and self.passed >= self.swallow else data

    def _down(self, data):
        if self.cut is not None:
            data = data[:max(self.cut - self.passed, 0)]
        self.passed += len(data)
        return data


class Client(CollectTest):
    def rows(self, columns='outcome, first_outcome'):
        return self.fleet.rows(f'SELECT {columns} FROM sample ORDER BY id')

    def key_folders(self):
        cache = self.sshd.home / '.cache' / 'fleet-health'
        return {p for p in cache.iterdir() if p.is_dir() and KEY_ID.fullmatch(p.name)}

    def empty_client(self):
        shutil.rmtree(self.sshd.home / '.cache', ignore_errors=True)


class Lost(Client):
    def setUp(self):
        super().setUp()
        self.empty_client()
        self.proxy = Scissors(self.sshd.port)
        self.addCleanup(self.proxy.close)
        self.configure(self.client('one', port=self.proxy.port))
        self.fleet.write('known_hosts',
                         f'[127.0.0.1]:{self.proxy.port} {self.sshd.public_key()}\n')
        self.collect()
        self.collect()  # the probe is there already: what passes now is the report
        self.assertGreater(self.proxy.passed, 4000)

    @shows('24a')
    def test_after_sealing_before_the_report_is_here(self):
        self.proxy.cut = self.proxy.passed - 1500
        self.collect()
        self.assertEqual(self.rows()[2:], [('truncated', 'truncated')], self.rows('stage, error'))
        self.assertEqual(len(self.spooled_on_client()), 1)
        self.assertEqual(self.fleet.run('alerter').status, 0)
        self.assertEqual(self.fleet.rows('SELECT count(*) FROM sample WHERE processed_at IS NULL'),
                         [(0,)])

        self.proxy.cut = None
        self.collect()
        self.assertEqual(self.rows()[2:], [('ok', 'truncated'), ('ok', 'ok')])
        self.assertEqual(self.rows('error, processed_at')[2:], [('', None)] * 2)
        self.assertEqual(len(self.readings('cpu_used_ratio')), 3)
        self.assertEqual(self.spooled_on_client(), [])
        self.assertEqual(self.fleet.spool_files(), [])

    @shows('24a')
    def test_before_the_ack_is_there(self):
        self.proxy.swallow = self.proxy.passed - 1500
        self.collect()
        self.assertEqual(self.rows()[2:], [('ok', 'ok')])
        self.assertEqual(len(self.spooled_on_client()), 1)
        digests = self.rows('digest')

        self.proxy.swallow = None
        self.collect()
        self.assertEqual(self.rows()[2:], [('ok', 'ok')] * 2)
        self.assertEqual(self.rows('digest')[:3], digests)
        self.assertEqual(len(self.readings('load1')), 4)
        self.assertEqual(self.spooled_on_client(), [])


class Shared(Client):
    def setUp(self):
        super().setUp()
        self.empty_client()
        self.configure(self.client('one'))

    def other(self):
        fleet = Fleet(self.fleet.folder + '-other')
        for name in ('config.xml', 'known_hosts'):
            fleet.write(name, pathlib.Path(self.fleet.path(name)).read_text(encoding='utf-8'))
        return fleet

    def leave(self, folder, count, first=1):
        for i in range(first, first + count):
            (folder / f'{i:016x}.sealed').write_bytes(b'left by a power cut, or by a rogue')

    @shows('24c')
    def test_two_collectors_with_keys_of_their_own(self):
        other = self.other()
        self.collect()
        mine = self.key_folders()
        self.assertEqual(other.run('collector').status, 0)
        theirs = self.key_folders() - mine
        self.assertEqual((len(mine), len(theirs)), (1, 1))
        self.leave(*mine, 3)
        self.leave(*theirs, 5)

        self.assertEqual(other.run('collector').status, 0)
        self.assertEqual(len(os.listdir(*mine)), 3)
        self.assertEqual(os.listdir(*theirs), [])
        self.assertEqual(len(os.listdir(os.path.join(other.spool, 'bad'))), 5)
        self.collect()
        self.assertEqual(os.listdir(*mine), [])
        self.assertEqual(len(os.listdir(os.path.join(self.fleet.spool, 'bad'))), 3)
        for fleet in (self.fleet, other):
            self.assertEqual(fleet.rows('SELECT outcome FROM sample'), [('ok',)] * 2)

    @shows('24b')
    def test_a_thousand_files(self):
        self.collect()
        folder, = self.key_folders()
        stranger = folder.parent / ('0' * 16)
        stranger.mkdir(mode=0o700)
        self.leave(stranger, 7)
        (folder / 'README').write_text('not ours')
        self.leave(folder, 1000)
        for _ in range(7):
            self.collect()
        self.assertEqual(self.rows(), [('ok', 'ok')] * 8)
        self.assertEqual(sorted(os.listdir(folder)), ['README', 'dropped'])
        self.assertEqual(len(os.listdir(stranger)), 7)
        self.assertLessEqual(len(os.listdir(os.path.join(self.fleet.spool, 'bad'))), 256)
        self.assertEqual(self.fleet.spool_files(), [])


class HostKeys(Client):
    @shows('10')
    def test_any_recorded_kind_serves(self):
        for kind in ('ed25519', 'ecdsa'):
            self.fleet.write('known_hosts', self.sshd.known_hosts(kind))
            self.configure(self.client('one'))
            self.collect()
            self.configure(self.client('one', more=f'host-key="{self.sshd.fingerprint(kind)}"'))
            self.collect()
        self.assertEqual(self.rows(), [('ok', 'ok')] * 4)


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
