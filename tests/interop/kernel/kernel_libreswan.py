# SPDX-License-Identifier: Apache-2.0
#
# Site 2 of a row: libreswan in the guest, whose kernel carries the packets in plain tunnels.
import shlex

from kernel_peer import KernelSays
from libreswan import CONTROL, Libreswan
from libreswan_files import LIBEXEC

SHARE, APART = "/share", "----- log"
LOG, PID = "/tmp/levelgate-pluto.log", "/run/levelgate-pluto.pid"


class KernelLibreswan(KernelSays, Libreswan):
    @property
    def guest(self):
        return self.world.guest

    def prepare(self):
        """The world has done it."""

    def write_files(self):
        self.files.write(self.guest.write, SHARE)
        for name in self.files.made:
            self.guest.copy(self.files.credentials.path(name))

    def launch(self):
        self.guest.run(f"mkdir -p /run/pluto /run/nss; setsid sh {self.files.folder}/start.sh >{LOG} 2>&1 </dev/null & echo $! >{PID}")
        self.child = self.guest.run(f"cat {PID}").strip()

    def ended(self):
        return self.inside("test", "-d", f"/proc/{self.child}")[0] != 0

    def stop(self):
        """The guest ends with the row, and pluto with it."""
        self.child = None

    def log(self):
        return self.guest.try_run(f"cat {LOG}")[1] if self.guest.share else ""

    def states_and_log(self):
        """With one command: each takes its time."""
        states, _, log = self.guest.run(f"{LIBEXEC}/whack --ctlsocket {CONTROL} --showstates; echo {APART}; cat {LOG}").partition(APART)
        return states, log

    def inside(self, *words):
        return self.guest.try_run(shlex.join(words))
