/* What both directions of option values share: durations, bounds, and the names inside composite
 * options.  The directions themselves are in l_value_push.c (wire to Lua) and l_value_check.c
 * (Lua to wire).  See l_value.h. */
#include "l_value.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "util.h"

const char *lab_l_suboption_name(uint8_t code, unsigned sub) {
  if (code != 82) return NULL;
  switch (sub) {
    case 1: return "circuit_id";
    case 2: return "remote_id";
    case 5: return "link_selection";
    case 6: return "subscriber_id";
    case 11: return "server_id_override";
    default: return NULL;
  }
}

bool lab_l_suboption_is_ip(uint8_t code, unsigned sub) {
  return code == 82 && (sub == 5 || sub == 11);
}

void lab_l_pair_names(uint8_t code, const char **first, const char **second) {
  *first = code == 33 ? "destination" : "address";
  *second = code == 33 ? "router" : "mask";
}

bool lab_l_is_raw(lua_State *L, int index) {
  if (!lua_istable(L, index)) return false;
  index = lua_absindex(L, index);
  lua_pushliteral(L, "raw");
  bool raw = lua_rawget(L, index) != LUA_TNIL;
  lua_pushliteral(L, "hex");
  raw = lua_rawget(L, index) != LUA_TNIL || raw;
  lua_pop(L, 2);
  return raw;
}

void lab_l_push_option_subject(lua_State *L, const lab_option_info *info) {
  if (info->name != NULL) {
    lua_pushfstring(L, "%s (%d)", info->name, (int)info->code);
  } else {
    lua_pushfstring(L, "option %d", (int)info->code);
  }
}

/* Pushes the rule of lengths: "4 octets", "at least 4 octets in steps of 4". */
static void push_length_rule(lua_State *L, const lab_option_info *info) {
  if (info->len_min == info->len_max) {
    lua_pushfstring(L, "%d octets", (int)info->len_min);
    return;
  }
  lua_pushfstring(L, "at least %d octets", (int)info->len_min);
  if (info->len_max != UINT16_MAX) {
    lua_pushfstring(L, "%s, at most %d", lua_tostring(L, -1), (int)info->len_max);
    lua_remove(L, -2);
  }
  if (info->len_multiple > 1) {
    lua_pushfstring(L, "%s, in steps of %d", lua_tostring(L, -1), (int)info->len_multiple);
    lua_remove(L, -2);
  }
}

static bool is_length_right(const lab_option_info *info, size_t len) {
  if (len < info->len_min || len > info->len_max) return false;
  return info->len_multiple <= 1 ||
         (len >= info->len_base && (len - info->len_base) % info->len_multiple == 0);
}

void lab_l_check_bounds(lua_State *L, const lab_option_info *info, lab_view value) {
  enum lab_status status = lab_option_check(info, value);
  if (status == LAB_OK) return;
  lab_l_push_option_subject(L, info);
  const char *subject = lua_tostring(L, -1);
  const char *anyway = "{ raw = ... } sets any octets";
  if (status == LAB_ERR_RANGE) {
    lua_pushfstring(L, "%s: a number from %I to %I expected; %s [E117]", subject,
                    (LUAI_UACINT)info->value_min, (LUAI_UACINT)info->value_max, anyway);
  } else if (!is_length_right(info, value.len)) {
    push_length_rule(L, info);
    lua_pushfstring(L, "%s: %s expected, got %d; %s [E117]", subject, lua_tostring(L, -1),
                    (int)value.len, anyway);
  } else {
    lua_pushfstring(L, "%s: the octets do not form a %s; %s [E117]", subject,
                    lab_type_text(info->type), anyway);
  }
  lab_l_raise(L);
}

static bool is_text(const char *text, size_t len, const char *word) {
  return len == strlen(word) && memcmp(text, word, len) == 0;
}

/* The unit at the start of `text`: microseconds, and its letters.  Returns its rank, larger for
 * larger units, or 0. */
static int find_unit(const char *text, size_t len, int64_t *unit_us, size_t *unit_len) {
  static const struct {
    const char *word;
    int64_t us;
  } units[] = {{"us", 1},       {"ms", 1000},      {"s", 1000000},
               {"m", 60000000}, {"h", 3600000000}, {"d", 86400000000}};
  size_t letters = 0;
  while (letters < len && text[letters] >= 'a' && text[letters] <= 'z') letters++;
  for (size_t i = 0; i < LAB_COUNTOF(units); i++) {
    if (!is_text(text, letters, units[i].word)) continue;
    *unit_us = units[i].us;
    *unit_len = letters;
    return (int)i + 1;
  }
  return 0;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* One part such as "1h" or "1.5s" at `*at`; adds it to `*total` and lowers `*rank` to its
 * unit's.  A part without unit is seconds and must be the whole text. */
static bool parse_part(const char *text, size_t len, size_t *at, int *rank, int64_t *total) {
  size_t whole = *at;
  size_t p = whole;
  while (p < len && is_digit(text[p])) p++;
  size_t whole_end = p;
  size_t fraction = p;
  if (p < len && text[p] == '.') {
    fraction = ++p;
    while (p < len && is_digit(text[p])) p++;
    if (p == fraction) return false;
  }
  if (whole_end == whole) return false;
  int64_t unit = 1000000;
  size_t unit_len = 0;
  int found = find_unit(text + p, len - p, &unit, &unit_len);
  bool bare = p == len && whole == 0;
  if (!bare && (found == 0 || found >= *rank)) return false;
  int64_t count = 0;
  for (size_t i = whole; i < whole_end; i++) {
    int digit = text[i] - '0';
    if (count > (INT64_MAX - digit) / 10) return false;
    count = count * 10 + digit;
  }
  if (count > (INT64_MAX - 1 - *total) / unit) return false;
  int64_t us = count * unit;
  int64_t scale = unit; /* what the next decimal is worth, rounded down to whole microseconds */
  for (size_t i = fraction; i < p && fraction > whole_end; i++) {
    scale /= 10;
    us += (text[i] - '0') * scale;
  }
  if (us > INT64_MAX - 1 - *total) return false;
  *total += us;
  *rank = found;
  *at = p + unit_len;
  return true;
}

static bool parse_duration(const char *text, size_t len, int64_t *us) {
  if (is_text(text, len, "infinite") || is_text(text, len, "infinity")) {
    *us = INT64_MAX;
    return true;
  }
  int rank = 7; /* above the largest unit */
  int64_t total = 0;
  size_t at = 0;
  do {
    if (!parse_part(text, len, &at, &rank, &total)) return false;
  } while (at < len);
  *us = total;
  return true;
}

bool lab_l_to_duration(lua_State *L, int index, int64_t *us) {
  if (lua_type(L, index) == LUA_TSTRING) {
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    return parse_duration(text, len, us);
  }
  if (lua_type(L, index) != LUA_TNUMBER) return false;
  if (lua_isinteger(L, index)) {
    lua_Integer seconds = lua_tointeger(L, index);
    if (seconds > INT64_MAX / 1000000 || seconds < INT64_MIN / 1000000) return false;
    *us = (int64_t)seconds * 1000000;
    return true;
  }
  lua_Number seconds = lua_tonumber(L, index);
  if (isinf(seconds) && seconds > 0) {
    *us = INT64_MAX;
    return true;
  }
  if (!(seconds > -9.2e12 && seconds < 9.2e12)) return false; /* NaN fails both */
  *us = (int64_t)llround(seconds * 1e6);
  return true;
}
