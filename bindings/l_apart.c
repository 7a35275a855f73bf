/* Taking messages apart for those who look closely: each instance of each option as it stands,
 * and every fault. */
#include "l_message.h"
#include "option.h"

static int list_instances(lua_State *L) {
  static const char *const places[] = {"options", "file", "sname"};
  const lab_l_message *m = lab_l_check_message(L, 1);
  lab_option_walk walk;
  lab_option option;
  lua_newtable(L);
  lab_options_begin(&m->b.view, &walk);
  for (int i = 1; lab_options_next(&walk, &option); i++) {
    lua_createtable(L, 0, 6);
    lua_pushinteger(L, option.code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, lab_option_info_of(option.code)->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, places[option.place]);
    lua_setfield(L, -2, "place");
    lua_pushinteger(L, (lua_Integer)option.offset);
    lua_setfield(L, -2, "offset");
    lua_pushinteger(L, (lua_Integer)option.value.len);
    lua_setfield(L, -2, "length");
    lua_pushlstring(L, (const char *)option.value.data, option.value.len);
    lua_setfield(L, -2, "bytes");
    lua_rawseti(L, -2, i);
  }
  return 1;
}

static int push_findings(lua_State *L, lab_view bytes) {
  lab_finding finding[256];
  size_t count = lab_message_check(bytes, finding, LAB_COUNTOF(finding));
  lua_newtable(L);
  for (size_t i = 0; i < count && i < LAB_COUNTOF(finding); i++) {
    lua_createtable(L, 0, 6);
    lua_pushinteger(L, (lua_Integer)finding[i].offset);
    lua_setfield(L, -2, "offset");
    lua_pushstring(L, lab_fault_name(finding[i].fault));
    lua_setfield(L, -2, "fault");
    lua_pushstring(L, lab_fault_text(finding[i].fault));
    lua_setfield(L, -2, "what");
    lua_pushstring(L, lab_fault_rule(finding[i].fault));
    lua_setfield(L, -2, "rule");
    lua_pushstring(L, lab_fault_source(finding[i].fault));
    lua_setfield(L, -2, "source");
    if (finding[i].code != 0) {
      lua_pushinteger(L, finding[i].code);
      lua_setfield(L, -2, "code");
    }
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int check_bytes(lua_State *L) { return push_findings(L, lab_l_check_view(L, 1)); }

static int list_faults(lua_State *L) {
  lua_settop(L, 1);
  lua_getfield(L, 1, "bytes");
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  return push_findings(L, lab_l_check_view(L, -1));
}

const luaL_Reg lab_l_apart_methods[] = {
    {"instances", list_instances}, {"faults", list_faults}, {NULL, NULL}};

void lab_l_apart_open(lua_State *L) {
  lua_pushcfunction(L, check_bytes);
  lua_setfield(L, -2, "check");
}
