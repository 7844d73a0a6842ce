# SPDX-License-Identifier: Apache-2.0
#
# The results of the rows against a kernel, as a section of the page that tests/interop/run writes. A row that ran is
# written anew, with its day and versions; the others keep what they had, since all of them together take long.
import datetime

import report
from kernel_rows import ROWS

SECTION = report.KERNEL + """
Written by `tests/interop/kernel/run --write docs/interop.md`. The peer is a guest whose kernel carries the packets and whose
strongSwan (`mode = iptfs`) negotiates them; levelgate runs on DPDK's packet sockets beside it. Inner packets are compared
octet for octet at the far host, in both directions, and each row looks at both ends' counters: the mode of the kernel's
SAs, its IP-TFS errors, our drops. Linux sends on demand and pads nothing, so its direction is never hidden.

In the rows named `kernel-libreswan` the guest runs libreswan in strongSwan's place, over plain ESP tunnels of the same kernel, and
RFC 8784 is tried in every combination of who has the PPK, who demands it and who initiates.

`tests/interop/kernel/README.md` says what the command needs.

On {machine}. {count}.

| Row | What | Peer | levelgate | Day | Result | Command |
|---|---|---|---|---|---|---|
"""
ROW = "| {name} | {what} | {peer} | {levelgate} | {day} | {result} | `tests/interop/kernel/run {name}` |\n"
RESULT = 5   # the cell of a line


def line(result):
    reason = f": {result.reason.splitlines()[0]}" if result.reason else ""
    return ROW.format(name=result.row.name, what=result.row.what.replace("|", "\\|"), peer=result.peer or "-",
                      levelgate=report.levelgate_version(), day=datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
                      result=(result.outcome + reason).replace("|", "\\|"))


def section(old, results):
    lines = {**report.lines_of(old, ROWS), **{result.row.name: line(result) for result in results}}
    text = SECTION.format(machine=report.machine(), count=report.counted(lines, ROWS, RESULT))
    return text + "".join(lines[name] for name in ROWS if name in lines)


def write(path, results):
    report.write(path, section(report.apart(path)[1], results), report.KERNEL)
