# SPDX-License-Identifier: Apache-2.0
#
# Instance data against the modules that are shipped, judged by yanglint (libyang).
import json
import os
import shutil
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHIPPED = os.path.join(ROOT, "share/levelgate/yang")
STAND_INS = os.path.join(ROOT, "tests/management/yang")
LIBYANG = "/usr/share/yang/modules/libyang"  # ietf-inet-types and ietf-yang-types
MODULES = ["ietf-i2nsf-ike@2021-07-14.yang", "ietf-i2nsf-ikeless@2021-07-14.yang", "ietf-ipsec-iptfs@2022-09-22.yang"]
FEATURES = "ietf-ipsec-iptfs:ipsec-stats,iptfs-stats"


def why_not():
    """The reason why nothing can be judged here, or None."""
    if shutil.which("yanglint") is None:
        return "yanglint is not installed (Debian: libyang-tools); scripts/setup installs it"
    if not os.path.isdir(LIBYANG):
        return f"{LIBYANG} is missing: libyang's own modules"
    return None


def judge(data, kind):
    """What yanglint has against this text; empty: nothing. kind: config (no state nodes) or get (both)."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.write(data if isinstance(data, str) else json.dumps(data))
        file.flush()
        done = subprocess.run(
            ["yanglint", "-p", SHIPPED, "-p", STAND_INS, "-p", LIBYANG, "-F", FEATURES, "-t", kind,
             *(os.path.join(SHIPPED, module) for module in MODULES), file.name],
            capture_output=True, text=True, timeout=120, check=False)
    return "" if done.returncode == 0 else done.stderr + done.stdout or f"exit {done.returncode}"


def nodes(data, path=()):
    """Every leaf as (path, value): list entries do not count as steps, prefixes of modules are left out."""
    if isinstance(data, dict):
        for name, inner in data.items():
            yield from nodes(inner, path + (name.split(":")[-1],))
    elif isinstance(data, list) and data and isinstance(data[0], (dict, list)):
        for inner in data:
            yield from nodes(inner, path)
    else:
        yield path, data
