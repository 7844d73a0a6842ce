# SPDX-License-Identifier: Apache-2.0
#
# Site 2 of a row: strongSwan with `mode = iptfs` in the guest, whose kernel carries the packets. Configured and asked as
# the strongSwan of the other rows is; only how it runs differs.
import json
import os

from guest_vici import GuestVici
from spaces import LabError, wait_until
from strongswan import PLUGINS, START_PATIENCE, StrongSwan

HERE = os.path.dirname(os.path.abspath(__file__))
SOCKET, LOG, OUT = "/run/levelgate.vici", "/tmp/levelgate-charon.log", "/tmp/levelgate-charon.out"
CONFIGURATION = """\
charon {{
  load = {plugins}
  install_routes = no
  install_virtual_ip = no
  retransmit_timeout = 1.0
  retransmit_base = 1.2
  delete_rekeyed_delay = 1
  iptfs {{
    {iptfs}
  }}
  filelog {{
    log {{
      path = {log}
      default = 1
      ike = {level}
      knl = {level}
      flush_line = yes
      time_format = %H:%M:%S
    }}
  }}
  plugins {{
    vici {{
      socket = unix://{socket}
    }}
  }}
}}
"""


class KernelSays:
    """What the guest's kernel says of SAs, whoever put them there. `guest` is the guest."""

    def kernel_sas(self):
        program = self.guest.copy(os.path.join(HERE, "guest_sas.py"))
        return json.loads(self.guest.run(f"python3 -B {program}"))

    def kernel_counters(self):
        """Those of /proc/net/xfrm_stat that are not zero."""
        lines = (line.split() for line in self.guest.run("cat /proc/net/xfrm_stat").splitlines())
        return {name: int(count) for name, count in lines if int(count)}


class KernelPeer(KernelSays, StrongSwan):
    """`row.theirs["iptfs"]` are strongSwan's charon.iptfs.* keys; they hold for every child of it."""

    @property
    def guest(self):
        return self.world.guest

    def start(self):
        text = CONFIGURATION.format(
            plugins=PLUGINS.replace("kernel-libipsec ", ""), level=4 if self.debug else 1, log=LOG, socket=SOCKET,
            iptfs="\n    ".join(f"{key} = {value}" for key, value in self.settings.get("iptfs", {}).items()))
        where = self.guest.write("charon.conf", text)
        self.guest.run(f"STRONGSWAN_CONF={where} setsid /usr/sbin/charon-systemd >{OUT} 2>&1 </dev/null & echo $! >/run/levelgate.pid")
        if not wait_until(lambda: self.guest.try_run(f"test -S {SOCKET}")[0] == 0, START_PATIENCE, 0.1):
            raise LabError(f"charon did not start:\n{self.log()}")
        self.vici = GuestVici(self.guest, SOCKET)
        self.load()
        return self

    def stop(self):
        """The guest ends with the row, and charon with it."""
        self.vici = None

    def log(self):
        return self.guest.try_run(f"cat {OUT} {LOG}")[1] if self.guest.share else ""

    def connection(self, remote_id):
        whole = super().connection(remote_id)
        for child in whole["children"].values():
            child["mode"] = "iptfs"
        return whole
