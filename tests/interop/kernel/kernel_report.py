# SPDX-License-Identifier: Apache-2.0
#
# The results of the rows against a kernel, as a section of the page that tests/interop/run writes.
import datetime

import report

SECTION = report.KERNEL + """
Written by `tests/interop/kernel/run --write docs/interop.md`. The peer is a guest whose kernel carries the packets and whose
strongSwan (`mode = iptfs`) negotiates them; levelgate runs on DPDK's packet sockets beside it. Inner packets are compared
octet for octet at the far host, in both directions, and each row looks at both ends' counters: the mode of the kernel's
SAs, its IP-TFS errors, our drops. `tests/interop/kernel/README.md` says what the command needs.

levelgate {levelgate}, {date}, on {machine}.

{count}.

| Row | What | Peer | Result | Command |
|---|---|---|---|---|
"""
ROW = "| {name} | {what} | {peer} | {result} | `tests/interop/kernel/run {name}` |\n"


def section(results):
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    text = SECTION.format(levelgate=report.levelgate_version(), date=today, machine=report.machine(), count=report.count(results))
    for result in results:
        reason = f": {result.reason.splitlines()[0]}" if result.reason else ""
        text += ROW.format(name=result.row.name, what=result.row.what.replace("|", "\\|"), peer=result.peer or "-",
                           result=(result.outcome + reason).replace("|", "\\|"))
    return text


def write(path, results):
    report.write(path, section(results), report.KERNEL)
