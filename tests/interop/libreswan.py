# SPDX-License-Identifier: Apache-2.0
#
# One libreswan as the peer: pluto run by its path in a root of its own (scripts/setup-interop), with its own mounts, sockets,
# key database and configuration. Offers what StrongSwan offers. It has no ESP of its own: where this machine's kernel has
# none, IKE SAs come up and their children do not.
import glob
import os

import whack
from credentials import DEPENDENCIES, NAME
from libreswan_files import CONNECTION, LIBEXEC, Files
from spaces import LabError, wait_until

SUITE = "sid"
START_PATIENCE, STOP_PATIENCE, ANSWER_PATIENCE = 15.0, 5.0, 20
CONTROL = "/run/pluto/pluto.ctl"
FOLDER = "/peer"
# The mounts are this process's own: the same root serves several peers at once.
START = """\
set -e
mount --make-rprivate /
for name in dev proc sys; do mount --rbind "/$name" "$ROOT/$name"; done
mount -t tmpfs run "$ROOT/run"
mkdir "$ROOT/run/pluto" "$ROOT/run/nss"
mount --bind "$FOLDER" "$ROOT/peer"
exec chroot "$ROOT" sh /peer/start.sh
"""


def root_of():
    found = sorted(glob.glob(os.path.join(DEPENDENCIES, f"libreswan-{SUITE}-*")))
    return found[-1] if found else None


def true_version():
    """What the root really holds, as the package is numbered; sid moves on."""
    root = root_of()
    return os.path.basename(root).split("-", 2)[2] if root else None


def why_not():
    return None if root_of() else f"no libreswan here: run scripts/setup-interop libreswan-{SUITE}"


class Libreswan:
    def __init__(self, world, space, site, row, folder, credentials, debug=False):
        self.world, self.space, self.site = world, space, site
        self.folder, self.debug = folder, debug
        self.files = Files(row, site, credentials, debug)
        self.child = None

    # --- life ---

    def start(self):
        self.prepare()
        self.write_files()
        self.launch()
        if not wait_until(lambda: self.ended() or self.control("--listen")[0] == 0, START_PATIENCE, 0.1) or self.ended():
            raise LabError(f"pluto did not start:\n{self.log()}")
        code, told = self.inside(f"{LIBEXEC}/addconn", "--config", f"{self.files.folder}/ipsec.conf", "--ctlsocket", CONTROL, CONNECTION)
        if code != 0:
            raise LabError(f"pluto does not take the connection: {told}")
        return self

    def prepare(self):
        """Addresses, forwarding, a way to the other site; whole checksums, since levelgate's packet socket sees what leaves."""
        outer = self.files.row.outer()
        self.world.sysctl(self.space, "net.ipv4.ip_forward", "1")
        self.world.sysctl(self.space, "net.ipv6.conf.all.forwarding", "1")
        self.world.host(self.space, "wan", [f"{outer[self.site]}/{64 if ':' in outer[self.site] else 24}"], [outer[3 - self.site]])
        self.world.host(self.space, "lan", [f"10.{self.site}.0.1/24", f"fd0{self.site}::1/64"])

    def write_files(self):
        self.files.write(self.folder.write, FOLDER)

    def launch(self):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ROOT": root_of(), "FOLDER": self.folder.path}
        with open(self.path(), "w", encoding="utf-8") as out:
            self.child = self.world.start(self.space, ["unshare", "-m", "sh", "-c", START], env=environment, stdout=out, stderr=out)

    def ended(self):
        return self.child.poll() is not None

    def stop(self):
        if self.child:
            self.world.stop(self.child, patience=STOP_PATIENCE)
            self.child = None

    def path(self):
        return os.path.join(self.folder.path, "pluto.log")

    def log(self):
        if not os.path.exists(self.path()):
            return ""
        with open(self.path(), encoding="utf-8", errors="replace") as file:
            return file.read()

    def inside(self, *words):
        """(exit code, what it printed) of a command where pluto runs."""
        done = self.world.try_run(self.space, ["nsenter", "-t", str(self.child.pid), "-m", "-r", *words])
        return done.returncode, done.stdout + done.stderr

    # --- what it is told ---

    def control(self, *words):
        return self.inside(f"{LIBEXEC}/whack", "--ctlsocket", CONTROL, *words)

    def begin(self):
        self.control("--initiate", "--asynchronous", "--name", CONNECTION)

    def initiate(self):
        """None, or why not. Nobody waits for what pluto tries again for ever."""
        self.begin()
        if wait_until(lambda: any(sa.children for sa in self.sas()), ANSWER_PATIENCE, 0.2):
            return None
        self.delete("ike")
        return self.log()[-2000:]

    initiate_in_vain = initiate

    def rekey(self, what):
        return self._told(f"--rekey-{what}")

    def delete(self, what):
        """libreswan has no word for deleting a child alone."""
        return self._told("--terminate")

    def _told(self, command):
        code, told = self.control(command, "--name", CONNECTION)
        return None if code == 0 else told

    # --- what it says ---

    def sas(self):
        if self.child is None:
            return []
        return whack.sas(*self.states_and_log(), NAME[self.site], self.files.remote_id)

    def states_and_log(self):
        return self.control("--showstates")[1], self.log()
