-- Help topics for those who learn with lessons, and those who mark what comes of them. As in help/guide.lua.

local classroom = {}

classroom[1] = { name = "lessons", gist = "learn in steps: dhcplab lesson, hint, grade", text = [[
A lesson is 10 to 25 minutes: something to see, something to do, and marks that
say how far you are. The protocol of the first is RFC 2131.

    dhcplab lesson                    the list
    dhcplab lesson 1                  makes lesson-1: README.md, start.lua
    dhcplab grade 1 lesson-1          what is right, what is not yet, and why
    dhcplab hint                      in or beside that folder: one more hint

For a class
  Hand out the folders without answers; collect one script, or one folder with a
  start.lua, from each student in a folder of all; then

    dhcplab lesson export --student handout
    dhcplab grade 1 --all submissions
    dhcplab grade 1 --all submissions --csv
    dhcplab grade 1 submissions/anna.lua --hints --format json

  A submission that is broken or hostile costs its own marks only: each is
  played by a process of its own (see `dhcplab help sandbox`). Marks do not
  depend on the machine: what a script uses is counted, not timed.

The marks
  Each check is played in a fresh world in virtual time. It says what was
  expected, what came, and why it matters, with the section. A check that needs
  another one is skipped until that one passes. Exit status 0: all points; 1:
  not yet; for a class 0.

How to write a lesson: scripts/lessons/README.md in the source.]] }

classroom[2] = { name = "sandbox", gist = "what a script that is marked can do, and cannot", text = [[
dhcplab grade plays the scripts of people one does not know. It does so in a
process for each script, in three rings.

1 Lua has no os, io, debug, package, dofile, loadfile, collectgarbage; load
  takes text only, no bytecode; require finds "dhcplab" only. The library can be
  used, not changed; the inner parts of servers and clients (their world, clock,
  network sockets) are out of reach; what a script changes in string or table
  is its own. print is kept, not shown.

2 For each play there are limits, which are counted and so the same everywhere:
    20 million instructions of Lua; what takes long inside one call (string
    searches, table.move, large texts) is charged for as instructions, and
    patterns of string.find and its like are matched where they are counted
    128 MiB of memory            64 KiB of output
    100,000 events               256 KiB of source; one hour of virtual time
  Who goes beyond one is stopped, and no pcall, coroutine, metatable or handler
  saves it. The check gets no points, those behind it are skipped, what was
  reached before stays.

3 Before the script begins, the process gives up the right to open anything: no
  file, socket, pipe or process (POSIX resource limits), and the system ends it
  after 40 s of processor time or 120 s in all. This ring is for what slips
  through the other two, such as comparing texts of many megabytes for ever.
  Only there a time decides: 4 s without an event; a script that gets so far is
  stopped on any machine.

What it does not hold against
  A mistake in Lua itself or in the C code of this program: who fears that runs
  it as another user or in a container. It does not hide the marks: they
  are in the program, and a student who has it can read them; that is why checks
  play with seeds and clients that no answer can foresee. It does not look for
  copied work. Questions with an answer of one word can be guessed.

    dhcplab grade 1 submissions/anna.lua]] }

return classroom
