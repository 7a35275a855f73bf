-- E301 to E308: what the machine refuses. The form is told in mistakes.lua.

return {
  { code = "E301", title = "the port is in use",
    fix = "stop the other program (see: ss -ulnp), or --listen 127.0.0.1:6868",
    text = [[Two programs cannot receive on the same address and port. Often it is another dhcplab that still
      runs in another terminal; on port 67 it may be the machine's own DHCP server.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.server { listen = "127.0.0.1:6799" }
dhcp.server { listen = "127.0.0.1:6799" }
]], real = true },
  { code = "E302", title = "permission denied",
    fix = "use a port from 1024 on, such as --listen 127.0.0.1:6767",
    text = [[Ports below 1024, and so DHCP's own 67 and 68 (RFC 2131 4.1), are for root, and so is --interface
      on some systems. The lab uses port 6767 on the loopback interface, which everybody may.]],
    advice = [[use a port from 1024 on, run as root, or give the program the right: setcap
      cap_net_bind_service,cap_net_raw+ep FILE]],
    command = { "server", "--listen", "127.0.0.1:67" } },
  { code = "E303", title = "an address that this machine does not have",
    fix = "take one that ip address shows; --listen 0.0.0.0:6767 takes all of them",
    text = [[A server can listen only on addresses of the machine that it runs on. 127.0.0.1 is always there;
      0.0.0.0 means all that there are.]],
    command = { "server", "--listen", "192.0.2.1:6767" } },
  { code = "E304", title = "the network refused",
    fix = "check the name of the interface (ip link) and the address",
    text = [[The system said no to a socket, for the reason that the message gives: there is no such interface,
      it is down, there is no way to that address.]],
    command = { "server", "--listen", "127.0.0.1:6798", "--interface", "nosuch0" } },
  { code = "E305", title = "a file that cannot be written",
    fix = "give a file in a folder that exists and that you may write to",
    text = [[Files are opened before the run begins, so that nothing is played in vain.]],
    command = { "run", "handshake.lua", "--virtual", "--pcap", "/no/such/folder/run.pcap" } },
  { code = "E306", title = "a file is incomplete",
    fix = "make room on the disk, and run it again",
    text = [[Writing began, but the system took no more: the disk is full, or whoever read the output went away.
      What has been written up to there is kept.]],
    command = { "run", "handshake.lua", "--virtual", "--pcap", "/dev/full" } },
  { code = "E307", title = "a file that cannot be read",
    fix = "check the path and its permissions",
    text = [[A capture or a file with hex is read from where its path says, from the present folder.]],
    command = { "explain", "no_such.pcap" } },
  { code = "E308", title = "the processes that should run the tests do not start",
    fix = "--jobs 1 runs them in this process",
    text = [[`dhcplab test --jobs N` starts itself N times. That fails where the program cannot find itself, or
      where no more processes are allowed.]],
    script = [[
print("a test")
]], command = { "test", "FILE", "--seeds", "1..4", "--jobs", "2" }, program = "/no/such/dhcplab" },
}
