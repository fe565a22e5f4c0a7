#!/usr/bin/python3
"""Checks the words used in common/ and tools/. The core does not throw, print, allocate by hand, or
read the clock or the environment; nothing calls the C functions that cannot be used safely.

usage: banned_calls.py SOURCE_DIR | --self-test
"""

import pathlib
import re
import sys

CORE = tuple(f"common/{folder}/" for folder in ("base", "diag", "http", "ws", "sse", "rec"))

# (pattern, sentence, files where it is allowed), on code without comments and literals.
IN_CORE = [
    (r"\bthrow\b", "the core does not throw", ()),
    (r"\btry\b", "the core catches nothing", ()),
    (r"\bcatch\b", "the core catches nothing", ()),
    (r"\b\w*printf\s*\(", "the core does not print; fmt::format makes text", ()),
    (r"\bf?put[sc]\s*\(|\bputchar\s*\(", "the core does not print", ()),
    (r"\bfmt::print(?:ln)?\b", "the core does not print", ()),
    (r"\bstd::(?:w?cout|w?cerr|w?clog|w?cin)\b", "the core does not print or read", ()),
    (r"\b(?:secure_)?getenv\b", "the core does not read the environment", ()),
    (r"(?<![\w.>])time\s*\(\s*[^)\s]", "the core is told the time, it does not ask", ()),
    (r"\b\w+_clock\s*::\s*now\b", "the core is told the time, it does not ask", ()),
    (r"\bsystem_clock\b", "the core knows no wall clock", ()),
    (r"\bsteady_clock\b(?!\s*::\s*now)", "say Time, of base/time.h", ("common/base/time.h",)),
    (r"\b(?:clock_gettime|gettimeofday|localtime|gmtime)\b",
     "the core is told the time, it does not ask", ()),
    (r"\bs?rand(?:om)?\s*\(|\brandom_device\b", "the core is given its random bytes", ()),
    (r"\breinterpret_cast\b", "use as_bytes or as_text", ("common/base/bytes.h",)),
    (r"\bnew\b", "own with values or std::make_unique", ()),
    (r"\b(?:m|c|re)alloc\s*\(", "own with values or std::make_unique", ()),
]
EVERYWHERE = [
    (r"\b(?:strcpy|strcat|v?sprintf|gets|strtok)\s*\(", "this C function has no safe use", ()),
    (r"\bato(?:i|l|ll|f)\s*\(", "use the strict parsers of base/text.h", ()),
    (r"(?<![.>\w])system\s*\(", "this runs a shell", ()),
    (r"\busing\s+namespace\s+std\s*;", "name what is used", ()),
]
# The same, on the text as it is.
IN_TEXT = [
    (r"\bNOLINT", "satisfy the check, or turn it off in .clang-tidy for a stated reason", ()),
    (r"\b(?:TODO|FIXME)\b", "do it, or leave it out", ()),
]

LITERAL_OR_COMMENT = re.compile(
    r"""//(?:\\\n|[^\n])*
      | /\*.*?\*/
      | R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)"
      | "(?:\\.|[^"\\\n])*"
      | (?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+'   # not the ' in 1'000
    """,
    re.DOTALL | re.VERBOSE)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b.*$", re.MULTILINE)


def code_only(text):
    """`text` without comments, literals and includes, with every line where it was."""
    text = LITERAL_OR_COMMENT.sub(lambda match: " " + "\n" * match[0].count("\n"), text)
    return INCLUDE.sub("", text)


def check_text(path, text):
    code = code_only(text)
    searches = [(EVERYWHERE, code), (IN_TEXT, text)]
    if path.startswith(CORE):
        searches.append((IN_CORE, code))
    found = []
    for rules, where in searches:
        for pattern, sentence, allowed in rules:
            if path in allowed:
                continue
            for match in re.finditer(pattern, where):
                line = where.count("\n", 0, match.start()) + 1
                word = match[0].strip().rstrip("(").strip()
                found.append((line, f"{path}:{line}: `{word}`: {sentence}"))
    return [breach for _, breach in sorted(found)]


def check_tree(root):
    files = [file for top in ("common", "tools") for pattern in ("*.cc", "*.h")
             for file in sorted((root / top).rglob(pattern))]
    breaches = [breach for file in files
                for breach in check_text(file.relative_to(root).as_posix(), file.read_text())]
    return breaches, len(files)


def self_test():
    core_bad = [
        "throw 1;", "try {", "} catch (...) {", 'printf("x");', "std::snprintf(a, 1, b);",
        'puts("x");', 'fmt::print("x");', "std::cout << 1;", "std::cerr << 1;", 'getenv("HOME");',
        "auto t = time(nullptr);", "auto t = std::time(&now);",
        "auto t = std::chrono::steady_clock::now();", "std::chrono::system_clock::time_point t;",
        "std::chrono::steady_clock::time_point t;", "clock_gettime(id, &t);", "int x = rand();",
        "std::random_device d;", "auto p = reinterpret_cast<char*>(q);", "auto* p = new int;",
        "void* p = malloc(1);", "1'000; throw 2; 1'000;", 'R"(")"; throw 3; R"(")";',
    ]
    bad_anywhere = [
        "strcpy(a, b);", "sprintf(a, b);", "gets(a);", "int i = atoi(a);", "strtok(a, b);",
        "system(a);", "std::system(a);", "using namespace std;", "f();  // NOLINT",
        "// TODO: later", "/* FIXME */",
    ]
    core_good = [
        "// throw, try, new", "/* printf(\n1) */", 'f("throw new");', "f('\\'', \"try\");",
        'R"x(throw ")" try)x";', "map.try_emplace(1, 2);", "Time deadline_time(int x);",
        "auto t = frame.time();", "#include <new>", "int renewed = 1;", "auto s = fmt::format(f);",
        "using namespace std::chrono_literals;", "f(1'000'000, 'x');",
    ]
    failures = []
    for text in core_bad:
        found = check_text("common/ws/x.cc", f"\n{text}\n")
        if len(found) != 1 or not found[0].startswith("common/ws/x.cc:2: "):
            failures.append(f"in the core: {text!r}: wanted one breach in line 2, found {found}")
        failures += [f"should be fine: {breach}" for breach in check_text("tools/a/x.cc", text)]
    for text in bad_anywhere:
        if not check_text("tools/a/x.cc", text):
            failures.append(f"anywhere: {text!r}: not found")
    for text in core_good:
        failures += [f"should be fine: {breach}" for breach in check_text("common/ws/x.cc", text)]
    allowed = [("common/base/bytes.h", "reinterpret_cast<char*>(p)"),
               ("common/base/time.h", "std::chrono::steady_clock")]
    for path, text in allowed:
        failures += [f"should be fine: {breach}" for breach in check_text(path, text)]
    return failures, len(core_bad) + len(bad_anywhere) + len(core_good) + len(allowed)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip().splitlines()[-1])
    if sys.argv[1] == "--self-test":
        problems, count = self_test()
        what = "cases"
    else:
        problems, count = check_tree(pathlib.Path(sys.argv[1]))
        what = "files"
        if count == 0:
            problems = [f"{sys.argv[1]}: no source files found"]
    for problem in problems:
        print(problem)
    print(f"{count} {what}, {len(problems)} breaches")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
