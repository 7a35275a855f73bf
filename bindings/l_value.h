/* Option values between the wire and Lua: what `m.options.lease_time` gives, and what may be
 * assigned to it.
 *
 * A value's shape follows from its type in the catalogue (core/option.h):
 *   ip "10.0.0.1"; ips a list of them; u8 u16 u32 i32 seconds an integer (seconds: 4294967295 is
 *   infinity); u8s u16s codes a list of integers; bool; text and bytes a string; message
 *   "discover"; none and empty true; domains a list of names; ip_pairs a list of { address=,
 *   mask= } (33: { destination=, router= }); routes a list of { destination="10.0.0.0/8",
 *   router= }; fqdn { flags=, rcode1=, rcode2=, name=, partial= }; suboptions { [code]=bytes },
 *   those of option 82 by name; enterprises a list of { enterprise=, data= }; enterprise_tlvs a
 *   list of { enterprise=, options={ [code]=bytes } }; sip a list of names or of addresses;
 *   slp_agents { mandatory=, addresses= }; slp_scope { mandatory=, scope= }; interface { type=,
 *   major=, minor= }; ip_lists a list of lists of addresses.
 * Assigning is more generous than reading: one value stands for a list of one, durations for
 * seconds, names for codes. A table { raw="\1\2" } or { hex="01:02" } sets the octets of any
 * option as they are. Lengths and bounds of the catalogue are not applied here: the caller asks
 * lab_option_check when it wants to be strict. */
#ifndef LAB_L_VALUE_H
#define LAB_L_VALUE_H

#include <lua.h>

#include "option.h"

/* Pushes exactly one value.  Octets that do not have the structure of their type, or would not
 * survive the way back (a suboption that occurs twice), are pushed as a string.  Takes any
 * bytes; raises only when Lua has no memory. */
void lab_l_push_value(lua_State *L, const lab_option_info *info, lab_view raw);

/* Writes the octets of the value at `index` to `out` and returns how many.  Raises, with the
 * script's place in front (lab_l_raise), a message such as
 *   lease_time (51): a whole number from 0 to 4294967295 or a duration such as "1h" expected,
 *   got "soon"
 * Only raw table access: metamethods are not called.  Leaves the stack as it was. */
size_t lab_l_check_value(lua_State *L, int index, const lab_option_info *info, lab_span out);

/* Whether the value at `index` is such a table { raw= } or { hex= }. */
bool lab_l_is_raw(lua_State *L, int index);

/* Raises when the octets break the option's row in the catalogue: its length, its bounds, its
 * structure. */
void lab_l_check_bounds(lua_State *L, const lab_option_info *info, lab_view value);

/* Pushes what messages call an option: "lease_time (51)", or "option 224" when it has no name. */
void lab_l_push_option_subject(lua_State *L, const lab_option_info *info);

/* Microseconds of a number of seconds, or of a text: units d h m s ms us in falling order, each
 * at most once, decimals allowed ("1h30m", "1.5s", "250ms"); a bare number is seconds;
 * "infinite", "infinity" and math.huge are INT64_MAX. False when it is none of these or too
 * large.  Negative only for a negative number. */
bool lab_l_to_duration(lua_State *L, int index, int64_t *us);

/* Shared by both directions: the names of relay_agent_information's suboptions (RFC 3046, 3527,
 * 3993, 5107), and which of them are addresses.  NULL when suboption `sub` of option `code` has
 * no name. */
const char *lab_l_suboption_name(uint8_t code, unsigned sub);
bool lab_l_suboption_is_ip(uint8_t code, unsigned sub);
/* What the two addresses of a pair are called in option `code`. */
void lab_l_pair_names(uint8_t code, const char **first, const char **second);

#endif
