#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# Words that must not occur, room by room (docs/architecture.md, "What must never be"), as a test.
# Comments and string literals do not count, except for the rules on comments. Reads sources only.
#
#   scripts/check_words.py [ROOT]
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

DATA_TOWER = {"wire", "aggfrag", "congestion", "esp", "queueing", "dataplane", "publisher", "handover"}
PURE_CORE = {"base", "model", "wire", "ikewire", "stream", "pathmodel", "rehearsal", "negotiation", "aggfrag", "congestion", "esp", "queueing", "ike", "ikemessage", "authentication", "admission", "dataplane", "publisher", "handover"}
CPP = {".h", ".cpp"}
TEXT = CPP | {".py", ".cmake", ".txt", ".md", ".yaml", ".service", ""}
FOLDERS = ["src", "include", "tests", "bench", "scripts", "share", "cmake", "config"]


@dataclass(frozen=True)
class Rule:
    name: str
    pattern: str
    why: str
    rooms: frozenset = frozenset()  # rooms where the rule holds; empty: all of src and include
    free: frozenset = frozenset()  # rooms where it does not
    allowed: dict = field(default_factory=dict)  # path -> why this file may

    def holds_in(self, path, room):
        if room is None or path.as_posix() in self.allowed:
            return False
        return room in self.rooms if self.rooms else room not in self.free


RULES = [
    Rule(
        "threads-meet",
        r"\bstd::(atomic\w*|\w*mutex|lock_guard|unique_lock|scoped_lock|condition_variable\w*|barrier|latch|counting_semaphore)\b"
        r"|\bthread_local\b|\b__(atomic|sync)_\w+|\brte_(atomic|smp|spinlock|rwlock)\w*|<(atomic|mutex|shared_mutex|condition_variable)>",
        "threads meet in handover only",
        free=frozenset({"handover"}),
        allowed={"src/crypto/mceliece.cpp": "libmceliece draws by a function without a context: each thread notes its own failure"},
    ),
    Rule(
        "threads-start",
        r"\bstd::(j?thread|async)\b|\bpthread_create\b|<thread>",
        "threads are started in dpdk and sockets only",
        free=frozenset({"dpdk", "sockets"}),
    ),
    Rule(
        "clock",
        r"\bstd::chrono::\w+_clock\b|\bclock_gettime\b|\bgettimeofday\b|\bstd::time\(|\b_*rdtsc\b|\brte_(rdtsc|get_t\w+)",
        "the shells read the clock and pass `now` down",
        rooms=frozenset(PURE_CORE | {"syntax", "config", "control", "management", "crypto"}),
    ),
    Rule(
        "random",
        r"\bstd::(random_device|mt19937\w*|rand)\b|\bs?rand(om)?\(\)|\bgetrandom\b|\bRAND_\w+|\barc4random\w*",
        "randomness is injected; crypto/random draws it",
        rooms=frozenset(PURE_CORE | {"syntax", "config", "control", "management"}),
    ),
    Rule(
        "log",
        r"\bspdlog\b|\bstd::(cout|cerr|clog|printf|fprintf|puts)\b|\b(f?printf|syslog)\(|\bfmt::print\b|\brte_log\w*|\bRTE_LOG\w*",
        "the core answers with values; the roof writes log lines",
        rooms=frozenset(PURE_CORE | {"syntax", "config", "crypto", "control", "management"}),
    ),
    Rule(
        "byte-offsets",
        r"\breinterpret_cast\b|\b(nto|hto)(h|n)(s|l|ll)\b|\b[bl]e(16|32|64)toh\b|\bhto[bl]e(16|32|64)\b",
        "byte layouts are known in wire and base/bytes.h only",
        free=frozenset({"wire", "dpdk", "crypto"}),  # packet buffers and crypto libraries come as C pointers
        allowed={"include/levelgate/base/bytes.h": "the cursor that the others use instead"},
    ),
    Rule(
        "exceptions",
        r"\b(throw|try|catch)\b",
        "the data tower has no exceptions",
        rooms=frozenset(DATA_TOWER),
    ),
    Rule(
        "directions",
        r"(?i)(?<![a-z])(ingress|egress|encap|decap)(?![a-z])",
        "the words are inbound and outbound",
    ),
    Rule(
        "empty-words",
        r"\b(class|struct|enum class|enum|union)\s+(\w*(Manager|Helper|Helpers|Util|Utils|Common|Handler|Info)|\w+Data)\b",
        "a name says what the thing is",
    ),
    Rule(
        "feature-macros",
        r"^\s*#\s*(if|ifdef|ifndef|elif)\b.*\bLEVELGATE_",
        "what is built is chosen in CMake, not in logic",
    ),
]
# C libraries speak in their own pointer types, and sockets in sockaddr: files that call them may cast, each for its reason.
CAST_ALLOWED = {
    "src/kernel/network.cpp": "libnl's cache callbacks hand out nl_object",
    "src/kernel/quiet_link.cpp": "an ethtool request travels in ifr_data",
}
FORBIDDEN_STEMS = {"util", "utils", "common", "misc", "helper", "helpers"}
MARKER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MARKER_FORM = re.compile(r"TODO\((perf|security|interop|cleanup)\): \S")
CITATION_WRONG = re.compile(r"\bRFC\d{3,}|\bRFC[ -]?\d{3,5},? (?:[Ss]ection|[Ss]ec\.|[Ss]ect\.|[Cc]hapter)|\bRFC-\d{3,}|\bRFC \d+ § ")
STRING = re.compile(r'"(?:\\.|[^"\\])*"')  # operators read "section" in messages
DEAD_CODE = re.compile(r"^\s*#\s*if\s+(0|false)\b")
SPDX = "SPDX-License-Identifier: Apache-2.0"


def room_of(path):
    parts = path.parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("include", "levelgate") and len(parts) > 3:
        return parts[2]
    return None


LITERALS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])*'",
    re.DOTALL,
)


def code_only(text):
    """The text with comments and the insides of literals blanked, line by line in place."""

    def blank(match):
        found = match.group(0)
        kept = '""' if found.startswith(('"', "R")) else "' '" if found.startswith("'") else ""
        return kept + "\n" * found.count("\n")

    lines = text.split("\n")
    # An include's "room/file.h" and <header> are code for the rules.
    lines = [line if not re.match(r"\s*#\s*include\b", line) else line.replace('"', "`") for line in lines]
    return LITERALS.sub(blank, "\n".join(lines))


def enum_defaults(code):
    """Line numbers of `default:` in a switch whose cases are enumerators (Type::kName): a new one must not pass unseen."""
    for start in re.finditer(r"\bswitch\s*\(", code):
        depth = 0
        opened = code.find("{", start.end())
        if opened < 0:
            continue
        own, position = [], opened
        while position < len(code):
            letter = code[position]
            depth += {"{": 1, "}": -1}.get(letter, 0)
            if depth == 0:
                break
            own.append(letter if depth == 1 or letter == "\n" else " ")
            position += 1
        body = "".join(own)
        default = re.search(r"\bdefault\s*:", body)
        if default and re.search(r"\bcase\s+(\w+::)+k[A-Z]\w*\s*:", body):
            yield code.count("\n", 0, opened + default.start()) + 1


def word_faults(path, text):
    room = room_of(path)
    if path.suffix not in CPP:
        return
    code = code_only(text)
    for number, line in enumerate(code.splitlines(), 1):
        for rule in RULES:
            if not rule.holds_in(path, room):
                continue
            if rule.name == "byte-offsets" and path.as_posix() in CAST_ALLOWED:
                continue
            found = re.search(rule.pattern, line)
            if found:
                yield f"{path}:{number}: [{rule.name}] '{found.group(0).strip()}': {rule.why}"
        if DEAD_CODE.match(line):
            yield f"{path}:{number}: [dead-code] '#if 0': delete it, the history keeps it"
    for number in enum_defaults(code):
        yield f"{path}:{number}: [enum-default] 'default:' in a switch over an enum hides a forgotten enumerator"


def comment_faults(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if MARKER.search(line) and not MARKER_FORM.search(line):
            yield f"{path}:{number}: [marker] write 'TODO(perf|security|interop|cleanup): what'"
        if path.suffix in CPP | {".py"} and CITATION_WRONG.search(STRING.sub('""', line)):
            yield f"{path}:{number}: [citation] write 'RFC 9347 §2.2.3'"


def file_faults(path, text):
    for part in (*path.parts[:-1], path.stem):
        if FORBIDDEN_STEMS & set(re.split(r"[_\-.]", part.lower())):
            yield f"{path}: [file-name] '{part}' says nothing; name what is in it"
    code = path.suffix in CPP | {".py", ".cmake", ".service"} or path.as_posix() == "CMakeLists.txt" or text.startswith("#!")
    if code and text.strip():
        lines = text.splitlines()
        first = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
        if SPDX not in first:
            yield f"{path}: [licence] the first line is '// {SPDX}'"


def tree(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            relative = path.relative_to(root)
            if not path.is_file() or path.suffix not in TEXT or "__pycache__" in path.parts:
                continue
            if "corpus" in relative.parts or "vectors" in relative.parts:
                continue
            yield relative
    for path in (root / "CMakeLists.txt", *sorted((root / "docs").rglob("*.md")), root / "README.md"):
        if path.is_file():
            yield path.relative_to(root)


# This file and its test spell out what they forbid.
OWN_FILES = {"scripts/check_words.py", "tests/checks/check_words_test.py"}


def check(root):
    faults = [f"allow list: {path} is gone" for path in CAST_ALLOWED if not (root / path).is_file()]
    for path in tree(root):
        text = (root / path).read_text(encoding="utf-8", errors="replace")
        faults += file_faults(path, text)
        if path.as_posix() in OWN_FILES:
            continue
        faults += [*word_faults(path, text), *comment_faults(path, text)]
    return faults


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    faults = check(root)
    for fault in faults:
        print(f"error: {fault}")
    print(f"check_words: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
