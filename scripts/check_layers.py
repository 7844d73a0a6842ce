#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# The layer table of docs/architecture.md as a test: who includes whom, which outside library lives in which room,
# no circle, no two files of one name. Sizes beyond the walls are warnings. Reads sources only; never builds.
#
#   scripts/check_layers.py [ROOT]
import re
import sys
from collections import defaultdict
from pathlib import Path

FLOORS = [
    ["base", "model", "handover"],
    ["crypto", "ikewire", "stream", "wire", "syntax", "pathmodel", "tcpmodel"],
    ["negotiation", "aggfrag", "congestion", "esp", "queueing"],
    ["config", "ppk", "ikemessage", "authentication", "admission"],
    ["ikestate"],
    ["ikeexchange"],
    ["ike"],
    ["control", "management", "keylog", "dataplane"],
    ["sockets", "api", "apiclient", "kernel", "dpdk", "publisher", "rehearsal"],
    ["app", "cli", "agentx"],
]
# Changing this table needs a page in docs/decisions/.
TABLE = {
    "base": [],
    "model": ["base"],
    "handover": [],
    "wire": ["base"],
    "ikewire": ["base"],
    "stream": ["base"],
    "crypto": ["base", "esp"],
    "negotiation": ["base", "model", "ikewire"],
    "ppk": ["base", "model", "ikewire", "crypto"],
    "ikemessage": ["base", "ikewire", "negotiation", "crypto"],
    "authentication": ["base", "model", "ikewire", "negotiation", "crypto"],
    "admission": ["base", "ikewire", "negotiation", "crypto"],
    "syntax": ["base"],
    "pathmodel": ["base", "syntax"],
    "tcpmodel": ["base"],
    "config": ["base", "model", "syntax", "ikewire", "negotiation", "crypto"],
    "aggfrag": ["base", "wire"],
    "congestion": ["base", "wire"],
    "esp": ["base", "wire"],
    "queueing": ["base", "wire"],
    "ikestate": ["base", "model", "ikewire", "negotiation", "ppk", "crypto", "ikemessage", "authentication", "admission"],
    "ikeexchange": ["base", "model", "ikewire", "negotiation", "ppk", "crypto", "ikemessage", "authentication", "admission", "ikestate"],
    "ike": ["base", "model", "ikewire", "negotiation", "ppk", "crypto", "ikemessage", "authentication", "admission", "ikestate", "ikeexchange"],
    "dataplane": ["base", "model", "handover", "wire", "aggfrag", "congestion", "esp", "queueing"],
    "control": ["base", "model", "authentication", "ikemessage", "ikestate", "ike"],
    "management": ["base", "model", "ikewire", "negotiation", "authentication", "ikestate", "ike", "control"],
    "keylog": ["base", "model", "crypto", "ikemessage", "ikestate"],
    "publisher": ["base", "model", "handover", "congestion", "esp", "dataplane"],
    "dpdk": ["base", "model", "esp", "dataplane"],
    "rehearsal": ["base", "model", "pathmodel", "tcpmodel", "stream", "ikewire", "crypto", "ikestate", "control"],
    "sockets": ["base", "model", "handover", "stream", "control"],
    "api": ["base", "model", "control"],
    "apiclient": ["base"],
    "kernel": ["base", "model"],
    "app": [room for floor in FLOORS for room in floor if room not in ("app", "cli", "agentx", "apiclient", "rehearsal")],
    "agentx": ["base", "apiclient"],
    "cli": ["base", "model", "wire", "syntax", "config", "ikestate", "dataplane", "publisher", "esp", "crypto", "control", "management", "keylog", "api", "apiclient", "rehearsal"],
}
# The one step upwards: crypto implements the seam that esp declares.
SEAMS = {("crypto", "esp"): ["esp/cipher.h"]}
CONTROL_TOWER = {"control", "rehearsal", "management", "keylog", "ike", "ikeexchange", "ikestate", "ikemessage", "authentication", "admission", "negotiation", "ppk", "ikewire", "stream"}
DATA_TOWER = {"dataplane", "publisher", "aggfrag", "congestion", "esp", "queueing", "dpdk", "handover"}

# First match counts; a header that matches none is the standard library's or the system's.
EXTERNAL = [
    (r"rte_.*\.h", {"dpdk"}),
    (r"openssl/.*|intel-ipsec-mb\.h|mceliece\.h|randombytes\.h", {"crypto"}),
    (r"boost/asio.*", {"sockets", "api", "apiclient"}),
    (r"boost/beast.*", {"api", "apiclient"}),
    (r"boost/json.*", {"api", "cli", "agentx"}),
    (r"boost/.*", {"sockets", "api", "apiclient", "cli", "agentx"}),
    (r"net-snmp/.*", {"agentx"}),
    (r"libfyaml\.h", {"syntax"}),
    (r"netlink/.*", {"kernel"}),
    (r"spdlog/.*", {"app"}),
    (r"CLI/.*", {"cli"}),
    (r"fmt/.*", {"config", "control", "management", "sockets", "api", "kernel", "dpdk", "app", "cli", "agentx"}),
]
# Rooms that know the language's own library and nothing of an operating system.
PURE_ROOMS = {"base", "model", "handover", "wire", "ikewire", "stream", "pathmodel", "tcpmodel", "rehearsal", "crypto", "negotiation", "ppk", "syntax", "config", "aggfrag", "congestion", "esp", "queueing", "ike", "ikemessage", "authentication", "admission", "dataplane", "publisher", "control", "management", "keylog"}
PURE_HEADER = re.compile(r"[a-z0-9_]+|immintrin\.h|fmt/.*")
SYSTEM_HEADER_ALLOWED = {
    "src/base/ip_address.cpp": {"arpa/inet.h"},  # inet_pton and inet_ntop: text forms of addresses, no socket
    "src/config/bounded_file.cpp": {"fcntl.h", "sys/stat.h", "unistd.h"},  # owner and mode of a file, without a race
}

WALLS = {"function": 60, "unit": 500, "header": 200, "test": 600, "room": 2500, "room_files": 10}
ROOM_WALLS = {"ikeexchange": 5000}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
LINKS = re.compile(r"levelgate_room\s*\(\s*NAME\s+(\w+)(?:\s+(?!LINKS\b|EXTERNAL\b)[\w./]+)*(?:\s+LINKS\s+([\w\s]*?))?(?:\s+EXTERNAL|\s*\))")
FUNCTION_HEAD = re.compile(r"^( {0,4})(?!namespace|class|struct|enum|union|extern|else|if|for|while|switch|do\b|\})\S.*\{$")


def floor_of(room):
    return next(index for index, floor in enumerate(FLOORS) if room in floor)


def room_of(path):
    """The room of a path below the root, or None for what is free (tests, bench)."""
    parts = path.parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("include", "levelgate") and len(parts) > 3:
        return parts[2]
    return None


def sources(root, *folders):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cpp") and path.is_file():
                yield path.relative_to(root)


def included(line):
    """(room, 'room/file.h') for an include of the house, (None, header) for an outside one, None for no include."""
    match = INCLUDE.match(line)
    if not match:
        return None
    quote, name = match.groups()
    if name.startswith("levelgate/"):
        name = name[len("levelgate/"):]
        return name.split("/")[0], name
    if quote == '"':
        return name.split("/")[0] if "/" in name else "", name
    return None, name


def table_faults(table=None, floors=None):
    """The table itself keeps the picture: floors rise, the towers never meet, no circle."""
    table = TABLE if table is None else table
    place = {room: index for index, floor in enumerate(floors or FLOORS) for room in floor}
    for room, below in table.items():
        for other in below:
            if place[other] > place[room] and (room, other) not in SEAMS:
                yield f"table: {room} (floor {place[room] + 1}) looks up to {other} (floor {place[other] + 1})"
            if (room in CONTROL_TOWER and other in DATA_TOWER) or (room in DATA_TOWER and other in CONTROL_TOWER):
                yield f"table: the towers meet: {room} includes {other}"
    for circle in circles(table):
        yield "table: circle: " + " -> ".join(circle)


def circles(graph):
    """Each circle of a graph (name -> names) once, by depth-first search."""
    state, stack, found = {}, [], []

    def visit(node):
        state[node] = "open"
        stack.append(node)
        for other in graph.get(node, ()):
            if state.get(other) == "open":
                found.append(stack[stack.index(other):] + [other])
            elif other not in state:
                visit(other)
        stack.pop()
        state[node] = "done"

    for node in sorted(graph):
        if node not in state:
            visit(node)
    return found


def house_fault(path, room, other, name):
    """Why this file may not include name of the room other, or None."""
    if other == "":
        return f'"{name}" names no room: write "room/{name}"'
    if other not in TABLE:
        return f'"{name}" is of no room in the table'
    if room is None or other == room:
        return None
    if other not in TABLE[room]:
        return f"{room} may not include {other} ({name})"
    allowed = SEAMS.get((room, other))
    if allowed is not None and name not in allowed:
        return f"{room} may include of {other} only {', '.join(allowed)}, not {name}"
    return None


def outside_fault(path, room, name):
    """Why this file may not include this outside header, or None."""
    if room is None:
        return None
    for pattern, rooms in EXTERNAL:
        if re.fullmatch(pattern, name):
            return None if room in rooms else f"<{name}> belongs to {', '.join(sorted(rooms))}, not to {room}"
    if room in PURE_ROOMS and not PURE_HEADER.fullmatch(name):
        if name not in SYSTEM_HEADER_ALLOWED.get(path.as_posix(), ()):
            return f"<{name}>: {room} knows no operating system"
    return None


def include_faults(root):
    graph = defaultdict(list)
    for path in sources(root, "src", "include", "tests", "bench"):
        room = room_of(path)
        if path.parts[0] == "src" and room not in TABLE:
            yield f"{path}: no such room in the table"
            continue
        if path.parts[0] == "include" and room not in ("base", "model"):
            yield f"{path}: include/ is the shared language: base and model only"
            continue
        for number, line in enumerate((root / path).read_text(encoding="utf-8").splitlines(), 1):
            found = included(line)
            if found is None:
                continue
            other, name = found
            if room is None and other not in TABLE:
                continue  # tests and benches have folders of their own
            fault = outside_fault(path, room, name) if other is None else house_fault(path, room, other, name)
            if fault:
                yield f"{path}:{number}: {fault}"
            if room is not None and other is not None and path.suffix == ".h":
                graph[path.as_posix().removeprefix("src/").removeprefix("include/levelgate/")].append(name)
    for circle in circles(dict(graph)):
        yield "circle of headers: " + " -> ".join(circle)


def link_faults(root):
    """The links in CMake repeat the table, so a wrong include fails to build as well."""
    for path in sorted((root / "src").glob("*/CMakeLists.txt")):
        for match in LINKS.finditer(path.read_text(encoding="utf-8")):
            room, links = match.group(1), (match.group(2) or "").split()
            for other in links:
                if room in TABLE and other not in TABLE[room]:
                    yield f"{path.relative_to(root)}: {room} links {other}, which the table does not let it include"


def name_faults(root):
    """No two files of one name, so that a search answers 'where'. Programs' main.cpp are the exception."""
    homes = defaultdict(set)
    for path in sources(root, "src", "include", "tests", "bench"):
        if path.stem != "main":
            homes[path.stem].add(room_of(path) or path.parent.as_posix())
    for stem, folders in sorted(homes.items()):
        if len(folders) > 1:
            yield f"the name {stem} is used in {', '.join(sorted(folders))}"


def long_functions(lines):
    """(line number, length) of functions beyond the wall; relies on the house's format."""
    open_at = None
    for number, line in enumerate(lines, 1):
        if open_at is None:
            match = FUNCTION_HEAD.match(line)
            if match and not line.rstrip("{ ").endswith("=") and ")" in line:
                open_at = (number, match.group(1) + "}")
        elif line.startswith(open_at[1]):
            if number - open_at[0] - 1 > WALLS["function"]:
                yield open_at[0], number - open_at[0] - 1
            open_at = None


def size_warnings(root):
    units, rooms, room_units = defaultdict(int), defaultdict(int), defaultdict(set)
    for path in sources(root, "src", "include", "tests", "bench"):
        lines = (root / path).read_text(encoding="utf-8").splitlines()
        room = room_of(path)
        for number, length in long_functions(lines):
            yield f"{path}:{number}: function of {length} lines (wall {WALLS['function']})"
        if room is None:
            if len(lines) > WALLS["test"]:
                yield f"{path}: {len(lines)} lines (wall for tests {WALLS['test']})"
            continue
        units[path.with_suffix("").as_posix()] += len(lines)
        rooms[room] += len(lines)
        room_units[room].add(path.stem)
        if path.suffix == ".h" and len(lines) > WALLS["header"]:
            yield f"{path}: header of {len(lines)} lines (wall {WALLS['header']})"
    for unit, length in sorted(units.items()):
        if length > WALLS["unit"]:
            yield f"{unit}: {length} lines of header and source (wall {WALLS['unit']})"
    for room, length in sorted(rooms.items()):
        wall = ROOM_WALLS.get(room, WALLS["room"])
        if length > wall:
            yield f"room {room}: {length} lines in {len(room_units[room])} units (wall {wall})"


def check(root):
    """(faults, warnings) of the house at root."""
    faults = [*table_faults(), *include_faults(root), *link_faults(root), *name_faults(root)]
    return faults, list(size_warnings(root))


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    faults, warnings = check(root)
    for warning in warnings:
        print(f"warning: {warning}")
    for fault in faults:
        print(f"error: {fault}")
    print(f"check_layers: {len(faults)} faults, {len(warnings)} warnings")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
