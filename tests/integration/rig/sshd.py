"""A private OpenSSH sshd for tests: own keys, own port, own home folder, nothing of the
machine touched. Works as root and as a normal user.

    with Sshd(folder, authorized=[key + ".pub"]) as sshd:
        sshd.port, sshd.user, sshd.home, sshd.known_hosts(), sshd.log()

As root everything runs in a mount namespace of its own with an empty /run and /var/log, with
the account `sshd` that it asks for, and can have an
account `monitor` with a password and any login shell, which the machine's /etc/passwd never
sees. `prepare` is a piece of shell that runs in that namespace first (mounts, for instance).
`matches` are Match blocks, which stand behind everything else.
"""
import ctypes
import fcntl
import os
import pathlib
import pwd
import re
import shlex
import signal
import socket
import struct
import subprocess
import time

from rig import servers

SSHD, SSHD_ENV = servers.find("sshd")
MONITOR = "monitor"
MONITOR_ID = 54321
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


def keygen(path, kind="ed25519", passphrase="", *more):
    """Makes a key pair with the real ssh-keygen; returns the private key's path."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test",
                    "-f", str(path), *more], check=True, stdin=subprocess.DEVNULL)
    return str(path)


def free_port(address="127.0.0.1"):
    with socket.socket() as s:
        s.bind((address, 0))
        return s.getsockname()[1]


def enter_network():
    """Moves this process into a network namespace of its own, with lo up and every port free
    to bind, port 22 included. Raises OSError where the kernel does not let us."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNET | (CLONE_NEWUSER if uid else 0)) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    if uid:
        pathlib.Path("/proc/self/setgroups").write_text("deny")
        pathlib.Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        pathlib.Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("0")
    with socket.socket() as s:  # netdevice(7): SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(s, 0x8913, request))[1]
        fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", flags | 1))


def version():
    said = subprocess.run([SSHD, "-V"], env=SSHD_ENV, capture_output=True, text=True)
    found = re.search(r"OpenSSH_(\d+)\.(\d+)", said.stdout + said.stderr)
    return (int(found[1]), int(found[2]))


def libssh2_knows_rsa_sha2():
    """What the programs under test are linked with; 1.10 knows host keys of RSA with SHA-1 only,
    and no current sshd has that."""
    library = ctypes.CDLL("libssh2.so.1")
    library.libssh2_version.restype = ctypes.c_char_p
    return library.libssh2_version(0x010b00) is not None  # NULL when it is older than that


class Sshd:
    def __init__(self, folder, *, authorized=(), key_options="", addresses=("127.0.0.1",),
                 port=None, host_keys=("ed25519", "ecdsa"), options=None, password=None,
                 shell=None, prepare="", matches=""):
        self.folder = pathlib.Path(folder)
        self.addresses = list(addresses)
        self.fixed_port = port
        self.port = port
        self.options = options or {}
        self.prepare = prepare
        self.matches = matches
        self.private_account = password is not None or shell is not None
        self.process = None
        if (self.private_account or prepare) and os.getuid() != 0:
            raise RuntimeError("only root can have an account or mounts of its own")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.user = MONITOR if self.private_account else pwd.getpwuid(os.getuid()).pw_name
        self._make_home(authorized, key_options)
        self.host_keys = {kind: self._host_key(kind) for kind in host_keys}
        if os.getuid() == 0:
            self._make_accounts(password, shell or "/bin/sh")

    def _make_home(self, authorized, key_options):
        self.home = self.folder / "home" / self.user
        self.home.mkdir(parents=True, exist_ok=True)
        lines = [(key_options + " " + pathlib.Path(p).read_text()).lstrip() for p in authorized]
        (self.home / "authorized_keys").write_text("".join(lines))
        # As sshd and the commands it runs see it.
        self.seen_home = pathlib.Path("/run", self.user) if self.private_account else self.home
        if self.private_account:
            for path in (self.home, self.home / "authorized_keys"):
                os.chown(path, MONITOR_ID, MONITOR_ID)

    def _host_key(self, kind):
        path = self.folder / f"host_{kind}"
        if not path.exists():
            keygen(path, kind)
        return path

    def _make_accounts(self, password, shell):
        """Copies of /etc/passwd and /etc/shadow for the namespace, with what is missing."""
        passwd = pathlib.Path("/etc/passwd").read_text()
        shadow = pathlib.Path("/etc/shadow").read_text()
        if not re.search("^sshd:", passwd, re.M):
            passwd += "sshd:x:54322:65534::/run/sshd:/usr/sbin/nologin\n"
        if self.private_account:
            passwd += f"{MONITOR}:x:{MONITOR_ID}:{MONITOR_ID}::{self.seen_home}:{shell}\n"
            shadow += f"{MONITOR}:{self._scramble(password)}:19000:0:99999:7:::\n"
        (self.folder / "passwd").write_text(passwd)
        (self.folder / "shadow").write_text(shadow)
        os.chmod(self.folder / "passwd", 0o644)
        os.chmod(self.folder / "shadow", 0o600)

    @staticmethod
    def _scramble(password):
        if password is None:
            return "*"
        return subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password,
                              capture_output=True, text=True, check=True).stdout.strip()

    def _config(self):
        lines = [f"{name} {value}" for name, value in self.options.items()]  # the first wins
        lines += [f"ListenAddress {a}" for a in self.addresses]
        lines += [f"HostKey {path}" for path in self.host_keys.values()]
        lines += [
            f"Port {self.port}", f"PidFile {self.folder}/sshd.pid",
            f"AuthorizedKeysFile {self.seen_home}/authorized_keys",
            f"SetEnv HOME={self.seen_home} XDG_CACHE_HOME={self.seen_home}/.cache",
            "UsePAM no", "StrictModes no", "PermitRootLogin yes", "PermitUserRC no",
            "PrintMotd no", "LogLevel VERBOSE", "UseDNS no",
            "PasswordAuthentication " + ("yes" if self.private_account else "no"),
        ]
        if "MaxStartups" not in self.options:  # of which the last one wins
            lines.append("MaxStartups 1000")
        if version() >= (9, 8):
            lines.append("PerSourcePenalties no")
        lines += self._unpacked_parts()
        return "\n".join(lines) + "\n" + self.matches

    @staticmethod
    def _unpacked_parts():
        """Since 9.8 sshd runs programs beside it, by absolute path."""
        parts = {"SshdSessionPath": "sshd-session", "SshdAuthPath": "sshd-auth"}
        found = {option: servers.find(name)[0] for option, name in parts.items()}
        return [f"{option} {path}" for option, path in found.items()
                if path and path.startswith(servers.packages() or "//")]

    def command_for_one(self):
        """Serves one connection, which is its standard input and output, where it is run."""
        return self._command("-i")

    def _command(self, mode="-D"):
        sshd = [SSHD, mode, "-f", str(self.folder / "sshd_config"),
                "-E", str(self.folder / "sshd.log")]
        if os.getuid() != 0:
            return sshd
        script = ["mount -t tmpfs -o mode=755 tmpfs /run", "mkdir -m 755 /run/sshd",
                  "mount -t tmpfs -o mode=755 tmpfs /var/log"]
        script += [f"mount --bind {shlex.quote(str(self.folder / name))} /etc/{name}"
                   for name in ("passwd", "shadow")]
        if self.private_account:
            script += [f"mkdir {self.seen_home}",
                       f"mount --bind {shlex.quote(str(self.home))} {self.seen_home}"]
        script += [self.prepare] if self.prepare else []
        script.append("exec " + shlex.join(sshd))
        return ["unshare", "--mount", "--propagation", "private",
                "sh", "-e", "-c", "\n".join(script)]

    def _listens(self):
        try:
            for address in self.addresses:
                socket.create_connection((address, self.port), 1).close()
            return True
        except OSError:
            return False

    def start(self):
        for _ in range(5):  # another test may take the port first
            self.port = self.fixed_port or free_port(self.addresses[0])
            (self.folder / "sshd_config").write_text(self._config())
            self.process = subprocess.Popen(
                servers.DIES_WITH_US + self._command(), env=SSHD_ENV, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, start_new_session=True)
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and self.process.poll() is None:
                if self._listens():
                    return self
                time.sleep(0.02)
            self.stop()
        raise RuntimeError("sshd does not start: " + self.log())

    def _signal(self, number):
        """Whether any process of the group was still there to get it."""
        try:
            os.killpg(self.process.pid, number)
            return True
        except ProcessLookupError:
            return False

    def stop(self):
        """Ends the listener and the sessions it serves (they are its process group). A session
        that starts just then would still write its log, so all of them are waited for."""
        if self.process is None:
            return
        self._signal(signal.SIGTERM)
        self.process.wait(10)
        deadline = time.monotonic() + 2
        while self._signal(signal.SIGKILL) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.process.stderr.close()
        self.process = None

    __enter__ = start

    def __exit__(self, *unused):
        self.stop()

    def log(self):
        try:
            return (self.folder / "sshd.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def log_with(self, text, seconds=5):
        """The log once `text` is in it (sshd may write it after it has answered), or as it is
        after these seconds."""
        deadline = time.monotonic() + seconds
        while text not in self.log() and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.log()

    def public_key(self, kind="ed25519"):
        """"TYPE BASE64" of a host key."""
        return " ".join(pathlib.Path(f"{self.host_keys[kind]}.pub").read_text().split()[:2])

    def fingerprint(self, kind="ed25519"):
        said = subprocess.run(["ssh-keygen", "-l", "-f", f"{self.host_keys[kind]}.pub"],
                              capture_output=True, text=True, check=True).stdout
        return said.split()[1]

    def known_hosts(self, *kinds):
        """Lines for a known_hosts file: every address, the keys of these kinds (or all)."""
        return "".join(
            (a if self.port == 22 else f"[{a}]:{self.port}") + " " + self.public_key(kind) + "\n"
            for a in self.addresses for kind in (kinds or self.host_keys))
