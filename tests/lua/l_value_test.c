/* Option values both ways between Lua and the wire (bindings/l_value.h): every type at its
 * bounds, and malformed octets of every kind.  Lua is linked in; the module is not needed. */
#include "l_value_help.h"

/* code (200: none, then the type counts), what is assigned, its octets, what is read back (NULL:
 * the same) */
typedef struct row {
  int code;
  enum lab_type type;
  const char *in;
  const char *hex;
  const char *out;
} row;

#define NAME_63 "('a'):rep(63)"
#define HEX_63                                                                                     \
  "3f61616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161" \
  "616161616161616161616161"                                                                       \
  "6161616161"

static const row rows[] = {
    {80, 0, "true", "", NULL},
    {80, 0, "''", "", "true"},
    {1, 0, "'255.255.255.0'", "ffffff00", NULL},
    {50, 0, "'0.0.0.0'", "00000000", NULL},
    {54, 0, "'255.255.255.255'", "ffffffff", NULL},
    {3, 0, "'10.0.0.1'", "0a000001", "{'10.0.0.1'}"},
    {3, 0, "{'10.0.0.1','10.0.0.2'}", "0a0000010a000002", NULL},
    {68, 0, "{}", "", NULL},
    {21, 0, "{{address='10.0.0.0',mask='255.0.0.0'}}", "0a000000ff000000", NULL},
    {21, 0, "{{'10.0.0.0','255.0.0.0'},{'1.2.3.4','5.6.7.8'}}", "0a000000ff0000000102030405060708",
     "{{address='10.0.0.0',mask='255.0.0.0'},{address='1.2.3.4',mask='5.6.7.8'}}"},
    {33, 0, "{{destination='10.0.0.0',router='10.0.0.1'}}", "0a0000000a000001", NULL},
    {23, 0, "0", "00", NULL},
    {23, 0, "255", "ff", NULL},
    {23, 0, "'64'", "40", "64"},
    {57, 0, "0", "0000", NULL},
    {57, 0, "65535", "ffff", NULL},
    {57, 0, "576.0", "0240", "576"},
    {200, LAB_TYPE_U32, "4294967295", "ffffffff", NULL},
    {200, LAB_TYPE_U32, "0", "00000000", NULL},
    {2, 0, "-2147483648", "80000000", NULL},
    {2, 0, "2147483647", "7fffffff", NULL},
    {2, 0, "-1", "ffffffff", NULL},
    {51, 0, "3600", "00000e10", NULL},
    {51, 0, "'1h'", "00000e10", "3600"},
    {51, 0, "3600.0", "00000e10", "3600"},
    {51, 0, "'infinite'", "ffffffff", "4294967295"},
    {51, 0, "math.huge", "ffffffff", "4294967295"},
    {51, 0, "4294967294", "fffffffe", NULL},
    {200, LAB_TYPE_U8S, "{1,2,255}", "0102ff", NULL},
    {200, LAB_TYPE_U8S, "7", "07", "{7}"},
    {93, 0, "{0,65535}", "0000ffff", NULL},
    {93, 0, "7", "0007", "{7}"},
    {19, 0, "true", "01", NULL},
    {19, 0, "false", "00", NULL},
    {12, 0, "'student'", "73747564656e74", NULL},
    {12, 0, "'a\\0b\\0\\0'", "6100620000", "'a\\0b'"},
    {12, 0, "''", "", NULL},
    {61, 0, "'\\1\\2\\0'", "010200", NULL},
    {200, LAB_TYPE_BYTES, "('x'):rep(3)", "787878", NULL},
    {53, 0, "'discover'", "01", NULL},
    {53, 0, "'ACK'", "05", "'ack'"},
    {53, 0, "2", "02", "'offer'"},
    {53, 0, "200", "c8", NULL},
    {53, 0, "0", "00", NULL},
    {55, 0, "{1,'routers',6}", "010306", "{1,3,6}"},
    {55, 0, "'lease_time'", "33", "{51}"},
    {119, 0, "{'example.com'}", "076578616d706c6503636f6d00", NULL},
    {119, 0, "'example.com.'", "076578616d706c6503636f6d00", "{'example.com'}"},
    {119, 0, "{'eng.apple.com','marketing.apple.com'}",
     "03656e67056170706c6503636f6d00 096d61726b6574696e67c004", NULL},
    {119, 0, "{'a.b','b','a.b','c.a.b'}", "0161016200 c002 c000 0163c000", NULL},
    {119, 0, "{'.'}", "00", NULL},
    {119, 0, "{'a\\\\.b.\\\\000c'}", "03612e6202006300", NULL},
    {119, 0, "{" NAME_63 "}", HEX_63 "00", NULL},
    {121, 0, "{{destination='0.0.0.0/0',router='10.0.0.1'}}", "000a000001", NULL},
    {121, 0, "{{'10.0.0.0/8','10.0.0.1'},{'10.128.0.0/9','1.1.1.1'},{'10.1.2.3/32','0.0.0.0'}}",
     "080a0a000001 090a8001010101 200a01020300000000",
     "{{destination='10.0.0.0/8',router='10.0.0.1'},{destination='10.128.0.0/9',router='1.1.1.1'},"
     "{destination='10.1.2.3/32',router='0.0.0.0'}}"},
    {81, 0, "{flags=5,rcode1=0,rcode2=255,name='host.example.com'}",
     "0500ff 04686f7374076578616d706c6503636f6d00", NULL},
    {81, 0, "{name='host',partial=true}", "04000004686f7374",
     "{flags=4,rcode1=0,rcode2=0,name='host',partial=true}"},
    {81, 0, "{flags=0,rcode1=0,rcode2=0,name='host.x'}", "000000686f73742e78", NULL},
    {81, 0, "{flags=4,name=''}", "040000", "{flags=4,rcode1=0,rcode2=0,name='',partial=true}"},
    {82, 0, "{circuit_id='eth0',remote_id='\\0\\1'}", "010465746830 02020001", NULL},
    {82, 0,
     "{[151]='v',server_id_override='10.0.0.1',link_selection='10.1.0.0',subscriber_id='',[3]='x'}",
     "030178 05040a010000 0600 0b040a000001 970176", NULL},
    {82, 0, "{[1]='a',[5]={raw='\\9'}}", "010161 050109", "{circuit_id='a',link_selection='\\9'}"},
    {82, 0, "{[9]=('x'):rep(255)}", NULL, NULL},
    {200, LAB_TYPE_SUBOPTIONS, "{[0]='',[255]='z'}", "0000 ff017a", NULL},
    {124, 0, "{{enterprise=9,data='cisco'},{enterprise=4294967295,data=''}}",
     "0000000905636973636f ffffffff00", NULL},
    {125, 0, "{{enterprise=3561,options={[1]='a',[2]='bc'}}}", "00000de907 010161 02026263", NULL},
    {125, 0, "{{enterprise=1,options={raw='\\1\\1\\1'}}}", "0000000103010101",
     "{{enterprise=1,options={[1]='\\1'}}}"},
    {120, 0, "{'sip.example.com','b.org'}", "00 03736970076578616d706c6503636f6d00 0162036f726700",
     NULL},
    {120, 0, "{'10.0.0.1','10.0.0.2'}", "010a0000010a000002", NULL},
    {120, 0, "'10.0.0.1'", "010a000001", "{'10.0.0.1'}"},
    {120, 0, "'a.b'", "000161016200", "{'a.b'}"},
    {78, 0, "{mandatory=true,addresses={'10.0.0.1'}}", "010a000001", NULL},
    {78, 0, "{addresses='10.0.0.1'}", "000a000001", "{mandatory=false,addresses={'10.0.0.1'}}"},
    {79, 0, "{mandatory=false,scope='default'}", "0064656661756c74", NULL},
    {94, 0, "{type=1,major=2,minor=255}", "0102ff", NULL},
    {158, 0, "{{'10.0.0.1','10.0.0.2'},{'10.0.0.3'}}", "080a0000010a000002 040a000003", NULL},
    {158, 0, "'10.0.0.1'", "040a000001", "{{'10.0.0.1'}}"},
    {51, 0, "{raw='\\1\\2'}", "0102", "'\\1\\2'"},
    {1, 0, "{hex='01:FF-0a 0B'}", "01ff0a0b", "'1.255.10.11'"},
    {3, 0, "{hex=''}", "", "{}"},
};

static void values_survive_the_way_to_the_wire_and_back(void **state) { /* O-02, O-03 */
  lua_State *L = *state;
  for (size_t i = 0; i < LAB_COUNTOF(rows); i++) {
    const row *r = &rows[i];
    lab_option_info info = make_info(r->code, r->type);
    uint8_t out[ROOM], want[ROOM];
    char got[2 * ROOM + 1], expected[2 * ROOM + 1];
    check_call call = {&info, {out, sizeof out}, 0};
    push_expression(L, r->in);
    if (!convert(L, &call)) fail_msg("%d: %s: %s", r->code, r->in, lua_tostring(L, -1));
    to_hex((lab_view){out, call.len}, got);
    if (r->hex != NULL) {
      to_hex((lab_view){want, from_hex(r->hex, want)}, expected);
      if (strcmp(got, expected) != 0) fail_msg("%d: %s: %s, not %s", r->code, r->in, got, expected);
    }
    lab_l_push_value(L, &info, (lab_view){out, call.len});
    show(L);
    push_expression(L, r->out != NULL ? r->out : r->in);
    show(L);
    assert_string_equal(lua_tostring(L, -2), lua_tostring(L, -1));
    lua_settop(L, 0);
  }
}

/* Octets that their type cannot have are shown as they are. */
static void octets_without_the_structure_are_pushed_as_a_string(void **state) {
  lua_State *L = *state;
  static const row broken[] = {
      {80, 0, NULL, "00", NULL},
      {1, 0, NULL, "0a0000", NULL},
      {1, 0, NULL, "0a00000001", NULL},
      {3, 0, NULL, "0a00000001", NULL},
      {33, 0, NULL, "0a000001", NULL},
      {23, 0, NULL, "", NULL},
      {23, 0, NULL, "0101", NULL},
      {57, 0, NULL, "01", NULL},
      {51, 0, NULL, "010203", NULL},
      {2, 0, NULL, "0102030405", NULL},
      {93, 0, NULL, "010203", NULL},
      {19, 0, NULL, "02", NULL},
      {19, 0, NULL, "", NULL},
      {53, 0, NULL, "0101", NULL},
      {119, 0, NULL, "c000", NULL},
      {119, 0, NULL, "0161c000", NULL},
      {119, 0, NULL, "0161", NULL},
      {119, 0, NULL, "01", NULL},
      {119, 0, NULL, "00c0", NULL},
      {119, 0, NULL, "406100", NULL},
      {119, 0, NULL, "00c002", NULL},
      {119, 0, NULL, "00c0ff", NULL},
      {119, 0, NULL, "c002c000", NULL},
      {121, 0, NULL, "210a00000001", NULL},
      {121, 0, NULL, "080a0a0000", NULL},
      {121, 0, NULL, "08", NULL},
      {81, 0, NULL, "0400", NULL},
      {81, 0, NULL, "040000c000", NULL},
      {81, 0, NULL, "0400000061", NULL},
      {81, 0, NULL, "0400000261", NULL},
      {82, 0, NULL, "01", NULL},
      {82, 0, NULL, "010261", NULL},
      {82, 0, NULL, "010161010162", NULL},
      {124, 0, NULL, "00000009", NULL},
      {124, 0, NULL, "000000090261", NULL},
      {125, 0, NULL, "00000009020102", NULL},
      {125, 0, NULL, "0000000906010161010162", NULL},
      {120, 0, NULL, "", NULL},
      {120, 0, NULL, "00", NULL},
      {120, 0, NULL, "010a0000", NULL},
      {120, 0, NULL, "020a000001", NULL},
      {78, 0, NULL, "", NULL},
      {78, 0, NULL, "020a000001", NULL},
      {78, 0, NULL, "010a0000", NULL},
      {79, 0, NULL, "", NULL},
      {94, 0, NULL, "0102", NULL},
      {94, 0, NULL, "01020304", NULL},
      {158, 0, NULL, "040a0000", NULL},
      {158, 0, NULL, "050a00000102", NULL},
  };
  for (size_t i = 0; i < LAB_COUNTOF(broken); i++) {
    lab_option_info info = make_info(broken[i].code, 0);
    uint8_t octets[ROOM];
    size_t len = from_hex(broken[i].hex, octets);
    lab_l_push_value(L, &info, (lab_view){octets, len});
    assert_int_equal(lua_gettop(L), 1);
    size_t got;
    if (lua_type(L, 1) != LUA_TSTRING)
      fail_msg("%d %s is no string", broken[i].code, broken[i].hex);
    const char *text = lua_tolstring(L, 1, &got);
    assert_int_equal(got, len);
    assert_memory_equal(text, octets, len);
    lua_settop(L, 0);
  }
}

/* Pushes octets that end where the allocation ends, and converts what came back. */
static void push_and_return(lua_State *L, const lab_option_info *info, const uint8_t *octets,
                            size_t len) {
  uint8_t *copy = malloc(len > 0 ? len : 1);
  assert_non_null(copy);
  memcpy(copy, octets, len);
  lab_l_push_value(L, info, (lab_view){copy, len});
  free(copy);
  assert_int_equal(lua_gettop(L), 1);
  uint8_t out[ROOM];
  check_call call = {info, {out, sizeof out}, 0};
  (void)convert(L, &call);
  lua_settop(L, 0);
}

static void every_truncation_and_every_flipped_octet_is_survived(void **state) {
  lua_State *L = *state;
  for (size_t i = 0; i < LAB_COUNTOF(rows); i++) {
    if (rows[i].hex == NULL) continue;
    uint8_t octets[ROOM];
    size_t len = from_hex(rows[i].hex, octets);
    for (int type = 0; type < LAB_TYPE_COUNT;
         type++) { /* every type meets the octets of every other */
      lab_option_info info = make_info(rows[i].code, 0);
      info.type = (uint8_t)type;
      for (size_t cut = 0; cut <= len; cut++) push_and_return(L, &info, octets, cut);
      for (size_t at = 0; at < len; at++) {
        static const uint8_t flips[] = {0x01, 0x80, 0xc0, 0xff};
        uint8_t kept = octets[at];
        octets[at] ^= flips[at % sizeof flips];
        push_and_return(L, &info, octets, len);
        octets[at] = kept;
      }
    }
  }
}

static void names_that_expand_without_end_are_not_expanded(void **state) {
  lua_State *L = *state;
  lab_option_info info = make_info(119, 0);
  enum { NAME = 255, POINTERS = 2000 };
  static uint8_t octets[NAME + 2 * POINTERS];
  size_t at = 0;
  for (int label = 0; label < 127; label++) {
    octets[at++] = 1;
    octets[at++] = 'a';
  }
  octets[at++] = 0;
  for (int i = 0; i < POINTERS; i++) {
    octets[at++] = 0xc0;
    octets[at++] = 0;
  }
  lab_l_push_value(L, &info,
                   (lab_view){octets, NAME + 2 * 256}); /* 257 names of 255 octets are 65535 */
  assert_int_equal(lua_type(L, -1), LUA_TTABLE);
  assert_int_equal(lua_rawlen(L, -1), 257);
  lab_l_push_value(L, &info, (lab_view){octets, NAME + 2 * 257});
  assert_int_equal(lua_type(L, -1), LUA_TSTRING);
  lua_settop(L, 0);
}

/* Whatever room there is: octets beyond it are never written, and a value that needs one more is
 * refused. */
static void no_value_is_written_past_its_room(void **state) {
  lua_State *L = *state;
  for (size_t i = 0; i < LAB_COUNTOF(rows); i++) {
    if (rows[i].hex == NULL) continue;
    lab_option_info info = make_info(rows[i].code, rows[i].type);
    uint8_t want[ROOM];
    size_t len = from_hex(rows[i].hex, want);
    for (size_t room = 0; room <= len; room++) {
      uint8_t *out = malloc(room > 0 ? room : 1);
      check_call call = {&info, {out, room}, 0};
      push_expression(L, rows[i].in);
      assert_true(convert(L, &call) == (room == len));
      free(out);
      lua_settop(L, 0);
    }
  }
}

/* An allocator that fails after `left` allocations, to show that no way out leaves anything
 * behind. */
static long left;
static size_t held;
static void *allocate(void *data, void *block, size_t old, size_t size) {
  (void)data;
  if (block == NULL) old = 0;
  if (size == 0) {
    held -= old;
    free(block);
    return NULL;
  }
  if (size > old && left-- <= 0) return NULL;
  void *moved = realloc(block, size);
  if (moved != NULL) held = held - old + size;
  return moved;
}

static int push_and_check(lua_State *L) {
  check_call *call = lua_touserdata(L, 1);
  lab_l_push_value(L, call->info, (lab_view){call->out.data, call->len});
  uint8_t out[ROOM];
  lab_l_check_value(L, -1, call->info, (lab_span){out, sizeof out});
  return 0;
}

static void running_out_of_memory_is_an_error_and_no_leak(void **state) {
  (void)state;
  for (size_t i = 0; i < LAB_COUNTOF(rows); i++) {
    if (rows[i].hex == NULL) continue;
    lab_option_info info = make_info(rows[i].code, rows[i].type);
    uint8_t octets[ROOM];
    check_call call = {&info, {octets, sizeof octets}, from_hex(rows[i].hex, octets)};
    for (long budget = 0; budget < 40; budget++) {
      left = 1000000;
      held = 0;
      lua_State *L = lua_newstate(allocate, NULL);
      assert_non_null(L);
      lua_pushcfunction(L, push_and_check);
      lua_pushlightuserdata(L, &call);
      left = budget;
      int result = lua_pcall(L, 1, 0, 0);
      left = 1000000;
      lua_close(L);
      assert_int_equal(held, 0);
      if (result != LUA_ERRMEM) break;
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_survive_the_way_to_the_wire_and_back),
      cmocka_unit_test(octets_without_the_structure_are_pushed_as_a_string),
      cmocka_unit_test(every_truncation_and_every_flipped_octet_is_survived),
      cmocka_unit_test(names_that_expand_without_end_are_not_expanded),
      cmocka_unit_test(no_value_is_written_past_its_room),
      cmocka_unit_test(running_out_of_memory_is_an_error_and_no_leak),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
