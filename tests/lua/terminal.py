"""Types at a program as a person would: runs it in a terminal of its own, sends keys, prints what the terminal got.

    python3 terminal.py PROGRAM [ARGUMENT...] < keys

Each line of `keys` is "PATTERN<tab>KEYS": waits until what came since the last keys matches the regular expression,
then sends the keys, in which \\t, \\r and \\x03 are what they are in Python. Ends with the program's exit status; 97 when
a pattern did not come within 20 seconds."""

import codecs
import os
import pty
import re
import select
import sys
import time

steps = [line.rstrip("\n").split("\t", 1) for line in sys.stdin if line.strip()]
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])


def wait_for(pattern, seconds=20):
    """What the program writes until the pattern is in it, or until it ends."""
    text, end = "", time.monotonic() + seconds
    while not re.search(pattern, text):
        if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
            print(text)
            os.kill(child, 9)
            sys.exit(97)
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux says so when the program has closed its side
            data = b""
        if not data:
            break
        text += data.decode(errors="replace")
    return text


for pattern, keys in steps:
    sys.stdout.write(wait_for(pattern))
    os.write(terminal, codecs.decode(keys, "unicode_escape").encode("latin-1"))
sys.stdout.write(wait_for("(?!)"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
