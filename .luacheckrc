-- luacheck: what a Lua file may assume, beyond Lua 5.4 itself.
std = "lua54"
max_line_length = 120
codes = true
self = false
exclude_files = { "build/**", "tests/golden/**" }
files["scripts/dhcplab/meta/"] = { ignore = { "111", "112", "113", "121", "122", "131", "211", "212", "241" } }
