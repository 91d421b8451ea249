"""A private exim4 with TLS and logins that delivers into Maildirs, and a man in the middle.

    with MailServer(folder, 'ops', 'second') as server:
        server.port, server.ca, server.mails('ops')
        server.misbehave('defer')        # see FAULTS
        server.behave()

The server runs in a mount namespace of its own, whose /etc/passwd knows the account exim asks
for, and without privilege. Nothing of the machine is touched.
"""
import email
import email.policy
import grp
import os
import pathlib
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time

from rig import servers

EXIM, EXIM_ENV = servers.find('exim4')
USER, PASSWORD = 'fleet', 'a secret: with "odd" characters'
ACCOUNT_ID = 61234  # when started by root

# What the server can be made to do wrong; each is a file that its configuration looks for.
FAULTS = {
    'greeting': '554 to everybody at once',
    'login': '535 to every login',
    'defer': '451 to every recipient',
    'sender': '550 to every sender',
    'content': '554 after the final dot',
}

CONFIG = r'''
primary_hostname = mx.example.com
exim_path = {exim}
keep_environment = LD_LIBRARY_PATH
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port} : {tls_port}
tls_on_connect_ports = {tls_port}
tls_certificate = {folder}/server.pem
tls_privatekey = {folder}/server.key
tls_advertise_hosts = {tls_hosts}
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_keepalive = false
deliver_drop_privilege = true
smtp_accept_max = 50
smtp_accept_queue_per_connection = 0
message_size_limit = 50M
acl_smtp_connect = connect
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
acl_smtp_data = data
chunking_advertise_hosts =

begin acl
connect:
  drop message = 554 this server is closed
       condition = ${{if exists{{{folder}/fault.greeting}}}}
  accept
mail:
  deny message = sender refused
       condition = ${{if exists{{{folder}/fault.sender}}}}
  accept
rcpt:
  defer message = greylisted, come again
        condition = ${{if exists{{{folder}/fault.defer}}}}
  deny message = 530 log in first
       condition = {login_required}
       !authenticated = *
  deny message = no such user here
       local_parts = ! lsearch;{folder}/users
  accept
data:
  deny message = 554 looks like spam
       condition = ${{if exists{{{folder}/fault.content}}}}
  accept

begin routers
local:
  driver = accept
  local_parts = lsearch;{folder}/users
  transport = maildir

begin transports
maildir:
  driver = appendfile
  maildir_format
  directory = {folder}/mail/$local_part_data
  create_directory
  delivery_date_add
  envelope_to_add

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{ {{!exists{{{folder}/fault.login}}}} \
      {{eq{{$auth2}}{{{user}}}}} {{eq{{$auth3}}{{${{readfile{{{folder}/password}}}}}}}} }} }}
  server_set_id = $auth2
  server_advertise_condition = {advertise_login}
'''


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def openssl(*arguments):
    subprocess.run(['openssl', *arguments], check=True, capture_output=True)


def make_authority(folder, name):
    """A throwaway CA: NAME.pem and NAME.key. Returns the certificate's path."""
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
            '-days', '2', '-subj', f'/CN={name}', '-keyout', f'{folder}/{name}.key',
            '-out', f'{folder}/{name}.pem')
    return f'{folder}/{name}.pem'


def make_certificate(folder, authority, name, names):
    """NAME.pem and NAME.key, valid for `names` ("IP:127.0.0.1,DNS:localhost")."""
    openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
            '-subj', f'/CN={name}', '-keyout', f'{folder}/{name}.key', '-out', f'{folder}/{name}.csr')
    pathlib.Path(folder, 'names').write_text(f'subjectAltName={names}\n')
    openssl('x509', '-req', '-in', f'{folder}/{name}.csr', '-CA', f'{folder}/{authority}.pem',
            '-CAkey', f'{folder}/{authority}.key', '-CAcreateserial', '-days', '2',
            '-extfile', f'{folder}/names', '-out', f'{folder}/{name}.pem')


def text(mail):
    """The text of a mail, whether there is an HTML part beside it or not."""
    return mail.get_body(('plain',)).get_content()


def came(mail):
    """When exim took a mail, as its id has it: seconds, process, fraction of the second. Mails are
    delivered by processes of their own, in any order."""
    return re.search(rb'\sid (\w{6})-\w+-(\w+)', mail).groups()


class MailServer:
    def __init__(self, folder, *users, login=True, tls=True, names='IP:127.0.0.1,DNS:localhost'):
        self.folder = pathlib.Path(folder)
        self.users = users
        self.login, self.tls, self.names = login, tls, names
        self.process = None

    def __enter__(self):
        for name in ('spool', 'log', 'mail'):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.ca = make_authority(self.folder, 'ca')
        make_certificate(self.folder, 'ca', 'server', self.names)
        (self.folder / 'password').write_text(PASSWORD)
        (self.folder / 'users').write_text(''.join(f'{u}: {u}\n' for u in self.users))
        self.copy_program()
        self.write_accounts()
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def copy_program(self):
        """Beside the data, since the account it runs under may not see where it came from."""
        self.libraries = EXIM_ENV.get('LD_LIBRARY_PATH', '')
        shutil.copyfile(EXIM, self.folder / 'exim4')
        os.chmod(self.folder / 'exim4', 0o755)  # not setuid, as it comes
        if servers.packages() and self.libraries:
            for source in self.libraries.split(os.pathsep):
                shutil.copytree(source, self.folder / 'lib', dirs_exist_ok=True, symlinks=True)
            self.libraries = str(self.folder / 'lib')

    def write_accounts(self):
        uid, gid = (ACCOUNT_ID, ACCOUNT_ID) if os.getuid() == 0 else (os.getuid(), os.getgid())
        accounts = pathlib.Path('/etc/passwd').read_text() if os.getuid() == 0 else ''
        groups = pathlib.Path('/etc/group').read_text() if os.getuid() == 0 else ''
        kept = [a for a in accounts.splitlines() if not a.startswith('Debian-exim:')]
        kept_groups = [g for g in groups.splitlines() if not g.startswith('Debian-exim:')]
        kept.append(f'Debian-exim:x:{uid}:{gid}::/nonexistent:/usr/sbin/nologin')
        kept_groups.append(f'Debian-exim:x:{gid}:')
        (self.folder / 'passwd').write_text('\n'.join(kept) + '\n')
        (self.folder / 'group').write_text('\n'.join(kept_groups) + '\n')
        if os.getuid() == 0:
            os.chmod(self.folder, 0o755)
            for name in ('spool', 'log', 'mail', 'server.key'):
                os.chown(self.folder / name, uid, gid)

    def start(self):
        for _ in range(5):
            self.port, self.tls_port = free_port(), free_port()
            self.write_config()
            with open(self.folder / 'stderr', 'wb') as err:
                self.process = subprocess.Popen(self.command(), start_new_session=True, stderr=err,
                                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            if self.wait_ready():
                return
            self.stop()
        raise RuntimeError('exim4 did not start: ' + self.log())

    def write_config(self):
        path = self.folder / 'exim.conf'
        path.write_text(CONFIG.format(
            exim=self.folder / 'exim4', folder=self.folder, port=self.port,
            tls_port=self.tls_port, tls_hosts='*' if self.tls else '', user=USER,
            login_required='true' if self.login else 'false',
            advertise_login='${if def:tls_in_cipher}' if self.login else 'false'))
        path.chmod(0o644)

    def command(self):
        quoted = shlex.quote(str(self.folder))
        script = (f'mount --bind {quoted}/passwd /etc/passwd && '
                  f'mount --bind {quoted}/group /etc/group && ')
        program = (f'env -i LD_LIBRARY_PATH={shlex.quote(self.libraries)} '
                   f'{quoted}/exim4 -bdf -q2s -C {quoted}/exim.conf')
        if os.getuid() == 0:
            account = f'--reuid {ACCOUNT_ID} --regid {ACCOUNT_ID} --clear-groups'
            unshare = ['unshare', '-m']
        else:
            account = ''
            unshare = ['unshare', '-m', '-c', '--keep-caps']
        return unshare + ['sh', '-c', f'{script} exec setpriv {account} --pdeathsig KILL {program}']

    def wait_ready(self):
        for _ in range(200):
            if self.process.poll() is not None:
                return False
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return True
            except OSError:
                time.sleep(0.05)
        return False

    def stop(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
        self.process = None

    def log(self):
        texts = [p.read_text(errors='replace') for p in sorted((self.folder / 'log').glob('*'))]
        return '\n'.join(texts + [(self.folder / 'stderr').read_text(errors='replace')])

    def misbehave(self, *faults):
        for fault in faults:
            assert fault in FAULTS
            (self.folder / f'fault.{fault}').write_text('')

    def behave(self):
        for path in self.folder.glob('fault.*'):
            path.unlink()

    def mails(self, user, least=0, wait=10):
        """What was delivered, in the order in which it came; waits until there are `least`."""
        new = self.folder / 'mail' / user / 'new'
        end = time.monotonic() + wait
        while True:
            paths = list(new.glob('*'))
            if len(paths) >= least or time.monotonic() > end:
                break
            time.sleep(0.05)
        return [email.message_from_bytes(data, policy=email.policy.default)
                for data in sorted((p.read_bytes() for p in paths), key=came)]

    def empty(self):
        """Forgets every mail, one that is still on its way included."""
        self.settle()
        for path in (self.folder / 'mail').glob('*/*/*'):
            path.unlink()

    def settle(self):
        """Waits until nothing is on its way to a Maildir any more."""
        for _ in range(200):
            if not any((self.folder / 'spool' / 'input').glob('*-[DH]')):
                return
            time.sleep(0.05)
        raise RuntimeError('mail is stuck: ' + self.log())


class Meddler:
    """A TCP proxy before the server that strips STARTTLS from its answers, or cuts the
    connection when the answer to a mail's final dot comes by."""

    def __init__(self, target, strip=False, cuts=0):
        self.target, self.strip, self.cuts = target, strip, cuts
        self.seen = b''
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.threads = []
        self.run(self.accept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(10)
        self.listener.close()

    def run(self, call, *arguments):
        thread = threading.Thread(target=call, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()
        return thread

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.run(self.serve, client)

    def serve(self, client):
        with client, socket.create_connection(('127.0.0.1', self.target)) as server:
            dot = threading.Event()  # a mail's end has passed, its answer has not
            up = self.run(self.copy, client, server, lambda data: self.upstream(data, dot))
            self.copy(server, client, lambda data: self.downstream(data, dot))
            up.join(10)

    @staticmethod
    def copy(source, target, change):
        """Until either side ends, or change() gives nothing; then both do."""
        try:
            while data := change(source.recv(65536)):
                target.sendall(data)
        except OSError:
            pass
        for s in (source, target):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def upstream(self, data, dot):
        self.seen += data
        if self.seen.endswith(b'\r\n.\r\n'):
            dot.set()
        return data

    def downstream(self, data, dot):
        if dot.is_set() and self.cuts > 0:
            self.cuts -= 1
            return b''
        dot.clear()
        return data.replace(b'250-STARTTLS\r\n', b'') if self.strip else data


def missing():
    """Why these tests cannot run here, or None."""
    if not EXIM:
        return 'there is no exim4; ./bootstrap test unpacks one'
    probe = ['unshare', '-m'] + ([] if os.getuid() == 0 else ['-c', '--keep-caps']) + ['true']
    if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        return 'no mount namespace can be made here'
    return None
