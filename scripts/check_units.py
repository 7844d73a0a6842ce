#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# A room can be compiled as one unit (LEVELGATE_ROOMS_AS_UNITS). Then what one file keeps to itself stands beside what
# the others do, and a name that two of them use would clash, or, worse, quietly mean the other one. So a name in an
# unnamed namespace belongs to one file of its room, and is no name of the room's headers or of levelgate's own. Tests of
# a folder are compiled so as well; of them each file has a namespace of its own, named after it. As a test; reads sources
# only, and takes what stands at the left margin for a declaration, as the formatter leaves it.
#
#   scripts/check_units.py [ROOT]
import re
import sys
from pathlib import Path

CURE = "rename it, or give what both mean one place"
NO_NAMES = {"alignas", "decltype", "noexcept", "operator", "requires", "return", "static_assert"}


def declared(text):
    """The names declared at the left margin; of a using-declaration, what it stands for."""
    names = {}
    for line in re.sub(r"//.*", "", text).split("\n"):
        if not line or line[0] in " }#/{:)" or line.startswith(("namespace", "extern", "friend")):
            continue
        line = re.sub(r"^template\s*<.*>\s*$", "", re.sub(r"\[\[.*?\]\]|alignas\([^)]*\)", "", line))
        if alias := re.match(r"using (\w+) =|namespace (\w+) =", line):
            names[alias[1] or alias[2]] = None
        elif taken := re.match(r"using (?!enum|namespace)([\w:]+);", line):
            names[taken[1].split("::")[-1]] = taken[1]
        elif kind := re.match(r"(?:struct|class|union|enum class|enum)\s+(\w+)\s*(?:[:;{]|final|$)", line):
            if not line.rstrip().endswith(";") or "{" in line:
                names[kind[1]] = None
        elif not line.startswith("using"):
            head = re.split(r"[({;]|(?<![<>=!])=(?!=)", line, maxsplit=1)[0]
            words = re.findall(r"[\w:~]+", re.sub(r"\[.*", "", re.sub(r"<[^()]*>", "", head)))
            if len(words) >= 2 and "::" not in words[-1] and words[-1] not in NO_NAMES:
                names[words[-1]] = None
    return names


def local_names(source):
    names = {}
    for region in re.findall(r"\nnamespace \{\n(.*?)\n\}  // namespace\n", source, re.S):
        names.update(declared(region))
    return names


def header_names(headers):
    return {name: path for path in headers for name, taken in declared(path.read_text()).items() if taken is None}


def alone(room):
    """The files that the room's CMakeLists.txt keeps out of its unit."""
    said = room / "CMakeLists.txt"
    return named(said, "ALONE") if said.exists() else set()


def named(said, word):
    """The files that a CMakeLists.txt names behind a word."""
    found = re.search(rf"\b{word} ((?:[\w/]+\.cpp\s*)+)", said.read_text())
    return {said.parent / name for name in found[1].split()} if found else set()


def check_tests(root):
    faults = []
    tests = set(root.glob("tests/**/*_test.cpp"))
    for path in sorted(tests - {other for said in root.glob("tests/**/CMakeLists.txt") for other in named(said, "WITHOUT")}):
        source = path.read_text()
        opened = re.findall(r"^(?:inline )?namespace *([\w:]*) *\{", source, re.M)
        if not opened or not re.fullmatch(rf"levelgate(::\w+)*::{path.stem}", opened[0]) or set(opened[1:]) - {""}:
            faults.append(f"{path.relative_to(root)}: what it declares is not all in levelgate::...::{path.stem}: put it there")
        for macro in re.findall(r"^#define (\w+)", source, re.M):
            faults.append(f"{path.relative_to(root)}: macro '{macro}' reaches the files behind this one: use a constant or a function")
    return faults


def check(root):
    return check_rooms(root) + check_tests(root)


def check_rooms(root):
    everybodys = header_names(sorted(root.glob("include/levelgate/base/*.h")))
    faults = []
    for room in sorted(path for path in root.glob("src/*") if path.is_dir()):
        shared = everybodys | header_names(sorted(room.rglob("*.h")))
        shared |= header_names(sorted(root.glob(f"include/levelgate/{room.name}/*.h")))
        owner = {}
        for path in sorted(set(room.rglob("*.cpp")) - alone(room) - {room / "main.cpp"}):
            source = path.read_text()
            for enum in re.findall(r"^using (?:enum|namespace) (?!.*literals)[\w:]+;", source, re.M):
                faults.append(f"{path.relative_to(root)}: '{enum}' reaches the files behind this one (in a function it would not; or keep the file ALONE)")
            for name, taken in local_names(source).items():
                if name in shared and taken is None:
                    faults.append(f"{path.relative_to(root)}: '{name}' hides that of {shared[name].relative_to(root)}: {CURE}")
                elif name in owner and (taken is None or owner[name][1] != taken):
                    faults.append(f"{path.relative_to(root)}: '{name}' is a name of {owner[name][0].relative_to(root)} as well: {CURE}")
                owner.setdefault(name, (path, taken))
    return faults


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    faults = check(root)
    for fault in faults:
        print(f"error: {fault}")
    print(f"check_units: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
