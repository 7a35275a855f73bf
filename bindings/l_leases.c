/* The lease table and its leases as Lua values.
 *
 *   local t = core.leases.new() t:range("10.0.0.10", "10.0.0.99")         -- true, or nil,
 *   "range" local lease = t:by_client(key) or t:put(t:next_free(), key, "offered", now + 10)
 *   lease.state, lease.expires = "bound", now + 3600      -- also lease.note; readable besides:
 *   address, client
 *
 * A lease is a handle: it names a record and reads and writes it in place.  Every access asks
 * the table whether the record still exists.  Times are seconds on the world's clock, math.huge
 * for never.  What is answered is policy, in Lua. */
#include "l_leases.h"

#include <string.h>

#include "leases.h"
#include "util.h"

#define LEASES "dhcplab.leases"
#define LEASE "dhcplab.lease"

typedef struct leases_box {
  lab_leases *table; /* NULL once closed */
} leases_box;

typedef struct lease_handle {
  leases_box *box; /* kept alive by the user value */
  lab_lease_id id;
  lab_ip4 address;
} lease_handle;

/* The methods' two upvalues: the metatables, so that checking an argument does not search the
 * registry. */
enum { META_LEASES = 1, META_LEASE = 2 };

static void *check_object(lua_State *L, int index, int meta, const char *name) {
  void *object = lua_touserdata(L, index);
  if (object == NULL || !lua_getmetatable(L, index)) luaL_typeerror(L, index, name);
  if (!lua_rawequal(L, -1, lua_upvalueindex(meta))) luaL_typeerror(L, index, name);
  lua_pop(L, 1);
  return object;
}

static lab_leases *check_table(lua_State *L) {
  leases_box *box = check_object(L, 1, META_LEASES, LEASES);
  if (box->table == NULL) lab_l_error(L, "the lease table is closed [E115]");
  return box->table;
}

/* Pushes a handle, or nil for LAB_LEASE_NONE.  The table is at index 1. */
static int push_lease(lua_State *L, lab_lease_id id) {
  lab_lease lease;
  leases_box *box = lua_touserdata(L, 1);
  if (lab_leases_get(box->table, id, &lease) != LAB_OK) {
    lua_pushnil(L);
    return 1;
  }
  lease_handle *handle = lua_newuserdatauv(L, sizeof *handle, 1);
  *handle = (lease_handle){box, id, lease.address};
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  lua_pushvalue(L, lua_upvalueindex(META_LEASE));
  lua_setmetatable(L, -2);
  return 1;
}

static enum lab_lease_state check_state(lua_State *L, int index) {
  size_t len;
  enum lab_lease_state state = LAB_LEASE_FREE;
  const char *name = luaL_checklstring(L, index, &len);
  if (lab_lease_state_by_name(name, len, &state) != LAB_OK) {
    lab_l_error(
        L, "\"%s\" is not a lease state (free, offered, bound, released, expired, declined) [E107]",
        name);
  }
  return state;
}

static lab_time check_end(lua_State *L, int index) {
  lua_Number seconds = luaL_checknumber(L, index);
  if (seconds != seconds) lab_l_error(L, "a time in seconds expected, got not a number [E111]");
  return lab_l_check_time(L, index);
}

/* ---- a lease */

static lease_handle *check_live(lua_State *L, lease_handle *handle, lab_lease *lease) {
  if (handle->box->table == NULL) lab_l_error(L, "the lease table is closed [E115]");
  if (lab_leases_get(handle->box->table, handle->id, lease) != LAB_OK) {
    char text[LAB_IP4_TEXT];
    lab_ip4_format(handle->address, text);
    lab_l_error(L, "the lease of %s has been forgotten [E115]", text);
  }
  return handle;
}

static void insist(lua_State *L, enum lab_status status) {
  if (status != LAB_OK)
    lab_l_error(L, "the lease cannot be changed: %s [E115]", lab_status_text(status));
}

static void push_optional(lua_State *L, lab_view view) {
  if (view.len == 0) {
    lua_pushnil(L);
  } else {
    lua_pushlstring(L, (const char *)view.data, view.len);
  }
}

static int forget_lease(lua_State *L) {
  lab_lease lease;
  lease_handle *handle = check_live(L, luaL_checkudata(L, 1, LEASE), &lease);
  lab_leases_forget(handle->box->table, handle->id);
  return 0;
}

enum { READABLE = 5, WRITABLE = 3 };
static const char *const lease_keys[] = {"state", "expires", "note", "address", "client"};

/* Which of lease_keys a key is; -1 for none.  The first letters tell all of them apart. */
static int find_key(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TSTRING) return -1;
  const char *key = lua_tostring(L, index);
  for (int i = 0; i < READABLE; i++) {
    if (key[0] == lease_keys[i][0] && strcmp(key, lease_keys[i]) == 0) return i;
  }
  return -1;
}

static int index_lease(lua_State *L) {
  int key = find_key(L, 2);
  lab_lease lease;
  if (key < 0) {
    if (lua_type(L, 2) == LUA_TSTRING && strcmp(lua_tostring(L, 2), "forget") == 0) {
      lua_pushcfunction(L, forget_lease);
      return 1;
    }
    return lab_l_error(L,
                       "a lease has no field \"%s\" (address, client, state, expires, note) [E106]",
                       luaL_tolstring(L, 2, NULL));
  }
  check_live(L, lua_touserdata(L, 1), &lease);
  switch (key) {
    case 0: lua_pushstring(L, lab_lease_state_name(lease.state)); break;
    case 1: lab_l_push_time(L, lease.expires); break;
    case 2: push_optional(L, lease.note); break;
    case 3: lab_l_push_ip4(L, lease.address); break;
    default: push_optional(L, lease.client); break;
  }
  return 1;
}

static int newindex_lease(lua_State *L) {
  int key = find_key(L, 2);
  lab_lease lease;
  if (key < 0 || key >= WRITABLE) {
    return lab_l_error(L, "a lease's \"%s\" cannot be set (state, expires, note can) [E116]",
                       luaL_tolstring(L, 2, NULL));
  }
  lease_handle *handle = check_live(L, lua_touserdata(L, 1), &lease);
  lab_leases *table = handle->box->table;
  if (key == 0) {
    insist(L, lab_leases_update(table, handle->id, check_state(L, 3), lease.expires));
  } else if (key == 1) {
    insist(L, lab_leases_update(table, handle->id, lease.state, check_end(L, 3)));
  } else {
    insist(L, lab_leases_note(table, handle->id,
                              lua_isnil(L, 3) ? (lab_view){NULL, 0} : lab_l_check_view(L, 3)));
  }
  return 0;
}

static int lease_to_string(lua_State *L) {
  lease_handle *handle = luaL_checkudata(L, 1, LEASE);
  lab_lease lease;
  char text[LAB_IP4_TEXT];
  lab_ip4_format(handle->address, text);
  if (handle->box->table == NULL ||
      lab_leases_get(handle->box->table, handle->id, &lease) != LAB_OK) {
    lua_pushfstring(L, "lease of %s, forgotten", text);
  } else if (lease.expires == LAB_NEVER) {
    lua_pushfstring(L, "lease of %s, %s", text, lab_lease_state_name(lease.state));
  } else {
    lab_l_push_time(L, lease.expires);
    lua_pushfstring(L, "lease of %s, %s until %s", text, lab_lease_state_name(lease.state),
                    lua_tostring(L, -1));
  }
  return 1;
}

static int lease_equal(lua_State *L) {
  lease_handle *a = luaL_testudata(L, 1, LEASE);
  lease_handle *b = luaL_testudata(L, 2, LEASE);
  lua_pushboolean(L, a != NULL && b != NULL && a->box == b->box && a->id == b->id);
  return 1;
}

/* ---- the table */

static int push_result(lua_State *L, enum lab_status status) {
  if (status != LAB_OK) return lab_l_fail(L, status);
  lua_pushboolean(L, 1);
  return 1;
}

static int add_range(lua_State *L) {
  lab_leases *table = check_table(L);
  lab_ip4 low = lab_l_check_ip4(L, 2);
  return push_result(L, lab_leases_range(table, low, lab_l_check_ip4(L, 3)));
}

static int exclude(lua_State *L) {
  lab_leases *table = check_table(L);
  lab_ip4 low = lab_l_check_ip4(L, 2);
  return push_result(
      L, lab_leases_exclude(table, low, lua_isnoneornil(L, 3) ? low : lab_l_check_ip4(L, 3)));
}

static int in_range(lua_State *L) {
  lab_leases *table = check_table(L);
  lua_pushboolean(L, lab_leases_in_range(table, lab_l_check_ip4(L, 2)));
  return 1;
}

static int by_client(lua_State *L) {
  lab_leases *table = check_table(L);
  return push_lease(L, lab_leases_by_client(table, lab_l_check_view(L, 2)));
}

static int by_address(lua_State *L) {
  lab_leases *table = check_table(L);
  return push_lease(L, lab_leases_by_address(table, lab_l_check_ip4(L, 2)));
}

static int next_free(lua_State *L) {
  lab_leases *table = check_table(L);
  lab_ip4 address;
  if (lab_leases_next_free(table, &address) != LAB_OK) {
    lua_pushnil(L);
  } else {
    lab_l_push_ip4(L, address);
  }
  return 1;
}

/* t:put(address, key, state, expires): the lease, or nil and a word.  The key may be "" or nil
 * for nobody. */
static int put(lua_State *L) {
  lab_leases *table = check_table(L);
  lab_ip4 address = lab_l_check_ip4(L, 2);
  lab_view client = lua_isnil(L, 3) ? (lab_view){NULL, 0} : lab_l_check_view(L, 3);
  enum lab_lease_state state = check_state(L, 4);
  lab_time expires = lua_isnoneornil(L, 5) ? LAB_NEVER : check_end(L, 5);
  lab_lease_id id;
  enum lab_status status = lab_leases_put(table, address, client, state, expires, &id);
  return status == LAB_OK ? push_lease(L, id) : lab_l_fail(L, status);
}

/* t:find(key, now) -> address, state, expires as plain values, or nothing: by_client() without
 * an object; false when records have ended by now, so that t:due() must be asked first. */
static int find(lua_State *L) {
  lab_leases *table = check_table(L);
  lab_lease lease;
  if (lab_leases_next_end(table) <= check_end(L, 3)) {
    lua_pushboolean(L, 0);
    return 1;
  }
  lab_lease_id id = lab_leases_by_client(table, lab_l_check_view(L, 2));
  if (id == LAB_LEASE_NONE || lab_leases_get(table, id, &lease) != LAB_OK) return 0;
  lab_l_push_ip4(L, lease.address);
  lua_pushstring(L, lab_lease_state_name(lease.state));
  lab_l_push_time(L, lease.expires);
  return 3;
}

/* t:hold(address, key, state, expires): put() without an object. */
static int hold(lua_State *L) {
  lab_lease_id id;
  enum lab_status status =
      lab_leases_put(check_table(L), lab_l_check_ip4(L, 2), lab_l_check_view(L, 3),
                     check_state(L, 4), check_end(L, 5), &id);
  if (status != LAB_OK) return lab_l_fail(L, status);
  lua_pushboolean(L, 1);
  return 1;
}

static int due(lua_State *L) {
  lab_leases *table = check_table(L);
  return push_lease(L, lab_leases_due(table, check_end(L, 2)));
}

/* t:next_end(): when the next offer, lease or quarantine ends; math.huge when none does. */
static int next_end(lua_State *L) {
  lab_l_push_time(L, lab_leases_next_end(check_table(L)));
  return 1;
}

static int from(lua_State *L) {
  lab_leases *table = check_table(L);
  return push_lease(
      L, lab_leases_from(table, lua_isnoneornil(L, 2) ? LAB_IP4_ANY : lab_l_check_ip4(L, 2)));
}

/* The step of `for lease in t:each() do`: the second argument is the lease before. */
static int next_lease(lua_State *L) {
  lab_leases *table = check_table(L);
  lab_ip4 address = LAB_IP4_ANY;
  if (!lua_isnil(L, 2)) {
    lease_handle *before = check_object(L, 2, META_LEASE, LEASE);
    if (before->address == LAB_IP4_BROADCAST) return push_lease(L, LAB_LEASE_NONE);
    address = before->address + 1;
  }
  return push_lease(L, lab_leases_from(table, address));
}

/* t:each(): all leases by address; they may be changed and forgotten meanwhile. */
static int each(lua_State *L) {
  check_table(L);
  lua_pushvalue(L, lua_upvalueindex(META_LEASES));
  lua_pushvalue(L, lua_upvalueindex(META_LEASE));
  lua_pushcclosure(L, next_lease, 2);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

static int count(lua_State *L) {
  lab_leases *table = check_table(L);
  size_t number = lua_isnoneornil(L, 2) ? lab_leases_count_all(table)
                                        : lab_leases_count(table, check_state(L, 2));
  lua_pushinteger(L, (lua_Integer)number);
  return 1;
}

static int capacity(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)lab_leases_capacity(check_table(L)));
  return 1;
}

static int bytes(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)lab_leases_bytes(check_table(L)));
  return 1;
}

static int close_table(lua_State *L) {
  leases_box *box = luaL_checkudata(L, 1, LEASES);
  lab_leases_free(box->table);
  box->table = NULL;
  return 0;
}

static int new_table(lua_State *L) {
  leases_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  box->table = NULL;
  luaL_setmetatable(L, LEASES);
  if (lab_leases_new(&box->table) != LAB_OK)
    lab_l_error(L, "not enough memory for a lease table [E135]");
  return 1;
}

static const luaL_Reg methods[] = {{"range", add_range},
                                   {"exclude", exclude},
                                   {"in_range", in_range},
                                   {"by_client", by_client},
                                   {"by_address", by_address},
                                   {"next_free", next_free},
                                   {"put", put},
                                   {"find", find},
                                   {"hold", hold},
                                   {"due", due},
                                   {"next_end", next_end},
                                   {"from", from},
                                   {"each", each},
                                   {"count", count},
                                   {"capacity", capacity},
                                   {"bytes", bytes},
                                   {"close", close_table},
                                   {NULL, NULL}};

static const luaL_Reg lease_meta[] = {{"__index", index_lease},
                                      {"__newindex", newindex_lease},
                                      {"__tostring", lease_to_string},
                                      {"__eq", lease_equal},
                                      {NULL, NULL}};

/* Scripts cannot take a metatable and call its functions on something else. */
static void hide_metatable(lua_State *L, const char *name) {
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__metatable");
}

int lab_l_leases_open(lua_State *L) {
  luaL_newmetatable(L, LEASES);
  luaL_newmetatable(L, LEASE);
  luaL_setfuncs(L, lease_meta, 0);
  hide_metatable(L, LEASE);
  luaL_newlibtable(L, methods);
  lua_pushvalue(L, -3);
  lua_pushvalue(L, -3);
  luaL_setfuncs(L, methods, 2);
  lua_setfield(L, -3, "__index");
  lua_pop(L, 1);
  lua_pushcfunction(L, close_table);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, close_table);
  lua_setfield(L, -2, "__close");
  hide_metatable(L, LEASES);
  lua_pop(L, 1);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, new_table);
  lua_setfield(L, -2, "new");
  return 1;
}
