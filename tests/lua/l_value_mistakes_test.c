/* What may not be assigned to an option and what the message says, and durations
 * (bindings/l_value.h). */
#include "l_value_help.h"

/* What was raised is this message, with the code of all mistakes in values behind it. */
static void assert_raised(lua_State *L, const char *message) {
  lua_pushfstring(L, "%s [E117]", message);
  assert_string_equal(lua_tostring(L, -2), lua_tostring(L, -1));
}

typedef struct mistake {
  int code;
  const char *in;
  const char *message;
} mistake;

static void mistakes_say_what_was_expected_and_what_came(void **state) {
  lua_State *L = *state;
  static const mistake mistakes[] = {
      {51, "'soon'",
       "lease_time (51): a whole number from 0 to 4294967295 or a duration such as \"1h\" "
       "expected, got \"soon\""},
      {51, "-1",
       "lease_time (51): a whole number from 0 to 4294967295 or a duration such as \"1h\" "
       "expected, got -1"},
      {51, "4294967296",
       "lease_time (51): a whole number from 0 to 4294967295 or a duration such as \"1h\" "
       "expected, got 4294967296"},
      {51, "1.5",
       "lease_time (51): a whole number from 0 to 4294967295 or a duration such as \"1h\" "
       "expected, got 1.5"},
      {51, "{}",
       "lease_time (51): a whole number from 0 to 4294967295 or a duration such as \"1h\" "
       "expected, got a table"},
      {23, "256", "default_ip_ttl (23): a whole number from 0 to 255 expected, got 256"},
      {23, "-1", "default_ip_ttl (23): a whole number from 0 to 255 expected, got -1"},
      {57, "65536", "max_message_size (57): a whole number from 0 to 65535 expected, got 65536"},
      {2, "2147483648",
       "time_offset (2): a whole number from -2147483648 to 2147483647 expected, got 2147483648"},
      {1, "'255.255.0'",
       "subnet_mask (1): an IPv4 address such as \"192.168.1.10\" expected, got \"255.255.0\""},
      {3, "{'10.0.0.1', 'x\\1'}",
       "routers (3): an IPv4 address such as \"192.168.1.10\" expected as item 2, got \"x\\x01\""},
      {3, "{address='10.0.0.1'}",
       "routers (3): a list of IPv4 addresses expected, got a table without items"},
      {19, "1", "ip_forwarding (19): true or false expected, got 1"},
      {12, "42", "host_name (12): a string expected, got 42"},
      {12, "print", "host_name (12): a string expected, got a function"},
      {80, "false", "rapid_commit (80): true expected, got false"},
      {80, "'x'", "rapid_commit (80): true expected, got \"x\""},
      {53, "'discovery'",
       "message_type (53): a message type such as \"discover\" or a number from 0 to 255 expected, "
       "got \"discovery\""},
      {55, "{'routrs'}",
       "parameter_request_list (55): an option's name such as \"routers\" or a number from 0 to "
       "255 expected as item 1, "
       "got \"routrs\""},
      {119, "{'a..b'}",
       "domain_search (119): a domain name such as \"example.com\" expected as item 1, got "
       "\"a..b\""},
      {119, "('a'):rep(64)",
       "domain_search (119): a domain name such as \"example.com\" expected, got "
       "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"..."},
      {121, "{{destination='10.0.0.1/8',router='10.0.0.1'}}",
       "classless_static_routes (121): a network such as \"10.0.0.0/8\", with no bits below its "
       "mask, expected as item 1, "
       "got \"10.0.0.1/8\""},
      {121, "{{destination='10.0.0.0/8'}}",
       "classless_static_routes (121): an IPv4 address such as \"192.168.1.10\" expected as item "
       "1, got nil"},
      {81, "{flags=256,name='a'}",
       "client_fqdn (81): flags = a whole number from 0 to 255 expected, got 256"},
      {81, "'host'",
       "client_fqdn (81): a table { flags = 5, name = \"host.example.com\" } expected, got "
       "\"host\""},
      {82, "{circuit='x'}",
       "relay_agent_information (82): a suboption's name or a number from 0 to 255 as key "
       "expected, got \"circuit\""},
      {82, "{circuit_id='x',[1]='y'}",
       "relay_agent_information (82): circuit_id is given twice, by name and as 1"},
      {82, "{circuit_id=('x'):rep(256)}",
       "relay_agent_information (82): a part of the value is longer than 255 octets"},
      {82, "{link_selection='abcd'}",
       "relay_agent_information (82): an IPv4 address such as \"192.168.1.10\" expected, got "
       "\"abcd\""},
      {125, "{{enterprise=-1,options={}}}",
       "vi_vendor_specific (125): enterprise = a whole number from 0 to 4294967295 expected as "
       "item 1, got -1"},
      {120, "{}",
       "sip_servers (120): a list of names or a list of addresses, at least one, expected, got a "
       "table"},
      {120, "{'10.0.0.1','a.b'}",
       "sip_servers (120): an IPv4 address such as \"192.168.1.10\" expected as item 2, got "
       "\"a.b\""},
      {94, "{type=1,major=2}",
       "client_network_interface (94): minor = a whole number from 0 to 255 expected, got nil"},
      {78, "{mandatory=1,addresses={}}",
       "slp_directory_agents (78): mandatory = true or false expected, got 1"},
      {200, "{}", "option 200: a string expected, got a table"},
      {51, "{raw=1}", "lease_time (51): raw = a string of octets expected, got 1"},
      {51, "{hex='0'}",
       "lease_time (51): hex = pairs of hexadecimal digits such as \"01:ff\" expected, got \"0\""},
      {51, "{hex='01:'}",
       "lease_time (51): hex = pairs of hexadecimal digits such as \"01:ff\" expected, got "
       "\"01:\""},
      {51, "{hex='0\\16'}",
       "lease_time (51): hex = pairs of hexadecimal digits such as \"01:ff\" expected, got "
       "\"0\\x10\""},
      {12, "('x'):rep(5000)", "host_name (12): the value is longer than 4096 octets"},
      {200, "nil", "option 200: a string expected, got nil"},
  };
  for (size_t i = 0; i < LAB_COUNTOF(mistakes); i++) {
    lab_option_info info = make_info(mistakes[i].code, LAB_TYPE_BYTES);
    uint8_t out[ROOM];
    check_call call = {&info, {out, sizeof out}, 0};
    push_expression(L, mistakes[i].in);
    if (convert(L, &call)) fail_msg("%d: %s was accepted", mistakes[i].code, mistakes[i].in);
    assert_raised(L, mistakes[i].message);
    lua_settop(L, 0);
  }
}

static void durations_are_read_exactly(void **state) {
  lua_State *L = *state;
  static const struct {
    const char *in;
    int64_t us;
  } durations[] = {
      {"0", 0},
      {"2", 2000000},
      {"-1", -1000000},
      {"0.5", 500000},
      {"1e-6", 1},
      {"math.huge", INT64_MAX},
      {"9223372036854", 9223372036854000000},
      {"'90s'", 90000000},
      {"'1h30m'", 5400000000},
      {"'250ms'", 250000},
      {"'7us'", 7},
      {"'2d'", 172800000000},
      {"'1.5s'", 1500000},
      {"'0.25d'", 21600000000},
      {"'1.000001s'", 1000001},
      {"'1.0000019s'", 1000001},
      {"'1d2h3m4s5ms6us'", 93784005006},
      {"'5'", 5000000},
      {"'0.1'", 100000},
      {"'infinite'", INT64_MAX},
      {"'infinity'", INT64_MAX},
      {"'106751991d'", 9223372022400000000},
      {"'9223372036854775806us'", INT64_MAX - 1},
  };
  for (size_t i = 0; i < LAB_COUNTOF(durations); i++) {
    int64_t us = -7;
    push_expression(L, durations[i].in);
    if (!lab_l_to_duration(L, -1, &us)) fail_msg("%s was refused", durations[i].in);
    if (us != durations[i].us) fail_msg("%s: %lld", durations[i].in, (long long)us);
    lua_settop(L, 0);
  }
}

static void what_is_no_duration_is_refused(void **state) {
  lua_State *L = *state;
  static const char *const wrong[] = {
      "''",
      "'s'",
      "'soon'",
      "'1h30'",
      "'1m1m'",
      "'1m2h'",
      "'-1s'",
      "' 1s'",
      "'1s '",
      "'1.s'",
      "'.5s'",
      "'1..5s'",
      "'1S'",
      "'1w'",
      "'1s\\0'",
      "'106751992d'",
      "'9223372036854775807us'",
      "'99999999999999999999s'",
      "0/0",
      "-math.huge",
      "1e13",
      "9223372036855",
      "math.maxinteger",
      "math.mininteger",
      "true",
      "nil",
      "{}",
      "'INFINITE'",
      "'1e3'",
      "'0x10'",
      "'106751991d23h'",
  };
  for (size_t i = 0; i < LAB_COUNTOF(wrong); i++) {
    int64_t us = 0;
    push_expression(L, wrong[i]);
    if (lab_l_to_duration(L, -1, &us)) fail_msg("%s was accepted", wrong[i]);
    lua_settop(L, 0);
  }
}

static int call_bounds(lua_State *L) {
  lab_view value;
  const lab_option_info *info = lua_touserdata(L, 1);
  value.data = (const uint8_t *)lua_tolstring(L, 2, &value.len);
  lab_l_check_bounds(L, info, value);
  return 0;
}

static void bounds_of_the_catalogue_are_explained(void **state) {
  lua_State *L = *state;
  static const mistake mistakes[] = {
      {1, "'abc'", "subnet_mask (1): 4 octets expected, got 3; { raw = ... } sets any octets"},
      {3, "'abc'",
       "routers (3): at least 4 octets, in steps of 4 expected, got 3; { raw = ... } sets any "
       "octets"},
      {23, "'\\0'",
       "default_ip_ttl (23): a number from 1 to 255 expected; { raw = ... } sets any octets"},
      {119, "'\\xc0\\0'",
       "domain_search (119): the octets do not form a list of domain names; { raw = ... } sets any "
       "octets"},
      {51, "'\\0\\0\\0\\1'", NULL},
  };
  for (size_t i = 0; i < LAB_COUNTOF(mistakes); i++) {
    lab_option_info info = make_info(mistakes[i].code, 0);
    lua_pushcfunction(L, call_bounds);
    lua_pushlightuserdata(L, &info);
    push_expression(L, mistakes[i].in);
    bool fine = lua_pcall(L, 2, 0, 0) == LUA_OK;
    assert_true(fine == (mistakes[i].message == NULL));
    if (!fine) assert_raised(L, mistakes[i].message);
    lua_settop(L, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mistakes_say_what_was_expected_and_what_came),
      cmocka_unit_test(durations_are_read_exactly),
      cmocka_unit_test(what_is_no_duration_is_refused),
      cmocka_unit_test(bounds_of_the_catalogue_are_explained),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
