-- The module: local dhcp = require "dhcplab". Read by editors and `help`; never run.

--- The interface for scripts: local dhcp = require "dhcplab".
---@class dhcp
--- the program's version, such as "0.1.0"
---@field version string
--- the network that everybody joins who names no other
---@field lan dhcp.Network
--- all packets so far, in order, and questions about them
---@field trace dhcp.Trace
--- the number that decides every random choice: --seed
---@field seed integer
--- what --set NAME=VALUE gave, as number, boolean or text; nil when it was not given
---@field param table<string, any>
local dhcp = {}

--- Seconds since the run began, on the lab's clock.
---@return number seconds
function dhcp.now() end

--- Waits; everything else goes on meanwhile.
---@param duration dhcp.Duration
function dhcp.sleep(duration) end

--- Runs f(...) as a task beside this one.
---@param f function
---@param ... any its arguments
---@return dhcp.Task task
function dhcp.spawn(f, ...) end

--- As math.random, from the script's own stream of the seed.
---@param low? integer with `low` alone: from 1 to it; without: a number from 0 up to 1
---@param high? integer
---@return number
function dhcp.random(low, high) end

--- Keeps the world going until it has ended, the time has passed, or Ctrl-C. For scripts under a plain lua5.4.
---@param duration? dhcp.Duration
---@return "enough"|"quiet"|"limit"|"interrupted"|"standstill" how
function dhcp.run(duration) end

--- Makes a network (a segment) beside dhcp.lan; relays join networks.
---@param settings? dhcp.NetworkSettings
---@return dhcp.Network
function dhcp.network(settings) end

--- Makes a message; op 1, htype 1, hlen 6 unless said otherwise.
---@param fields dhcp.MessageFields
---@return dhcp.Message
function dhcp.message(fields) end

--- Reads a message from octets.
---@param bytes string the UDP payload
---@return dhcp.Message? message nil when it is none
---@return string? word "short", "format" or another
---@return string? what what is wrong and where
function dhcp.decode(bytes) end

--- Gives an option of one's own a name and a type, until the run ends.
---@param option dhcp.DefineSettings
function dhcp.define(option) end

--- What dhcp.define takes.
---@class dhcp.DefineSettings
---@field code integer from 1 to 254
---@field name string small letters, digits and _
---@field type string how its value reads: "ip", "ips", "u8", "u16", "u32", "seconds", "bool", "text", "bytes" ...
---@field text? string what it is, in a few words

--- Ends the run with exit status 1: what was expected did not come.
---@param text string
function dhcp.fail(text) end

--- As dhcp.expect(value, text), but the run goes on; it ends with exit status 1 all the same.
---@generic T
---@param value T not nil and not false, or it is noted
---@param text? string what it is
---@return T value
function dhcp.check(value, text) end

--- Ends a test without a verdict: it cannot be had here.
---@param reason string
function dhcp.skip(reason) end

--- Declares a test; it is played in a world of its own, in which the script runs from its top.
---@param name string
---@param options dhcp.TestSettings may be left out: dhcp.test(name, f)
---@param f function
---@overload fun(name: string, f: function)
function dhcp.test(name, options, f) end

--- What dhcp.test takes between name and function.
---@class dhcp.TestSettings
---@field seeds? string|integer|integer[] "1..50": it is played with each of them
---@field tags? string|string[] "slow, relay": what `dhcplab test --tags` chooses by
---@field only? "virtual"|"real" the one world in which it makes sense
---@field params? table<string, any> dhcp.param in this test
---@field timeout? dhcp.Duration for so long it may run: 30 days of virtual time, 60 s of real time unless given
---@field known_failing? boolean|string true or why: it is expected to fail

--- Something that must hold after every event: f returns false, or raises, when it does not. With false in the place of
--- f one of the lab's own does not count (`dhcplab help search` lists them).
---@param name string
---@param f false|fun(): boolean?, string? it must not wait
function dhcp.invariant(name, f) end

--- Under --strict and in tests: this rule of the RFCs may be broken on purpose.
---@param rule string its name in the report, such as "S-31"
function dhcp.tolerate(rule) end

--- Chooses what is printed as it happens.
---@param mode "story"|"transcript"|"none"
function dhcp.show(mode) end

--- Prints what a client got, as `dhcplab client` does; --set format=json makes it one JSON object.
---@param client dhcp.Client
---@param lease? dhcp.Lease|dhcp.Message what came: a lease, or the ACK of an INFORM
---@param why? string the word beside nil
---@return boolean got false when nothing came
function dhcp.report(client, lease, why) end

--- A task made by dhcp.spawn.
---@class dhcp.Task
--- whether it has ended
---@field ended boolean?
--- what it is called in reports
---@field name string
local task = {}

--- Waits until the task has ended; what it raised is raised here.
---@param duration? dhcp.Duration for so long at most
---@return any ... what the task returned; or nil, "timeout"
function task:join(duration) end

--- Stops the task where it waits; its to-be-closed variables are closed.
function task:cancel() end
