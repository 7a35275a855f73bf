/* What else scripts need from the core: the option catalogue, values, capture files, frames, the
 * terminal. */
#define _GNU_SOURCE 1
#include "l_misc.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"
#include "l_message.h"
#include "l_value.h"
#include "option.h"
#include "pcap.h"

#define READER "dhcplab.capture_reader"

/* The catalogue
 * -------------------------------------------------------------------------------------------------- */

static void set_string(lua_State *L, const char *key, const char *value) {
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

static void set_integer(lua_State *L, const char *key, lua_Integer value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, key);
}

static void push_row(lua_State *L, const lab_option_info *info) {
  lua_createtable(L, 0, 10);
  set_integer(L, "code", info->code);
  set_string(L, "name", info->name);
  set_string(L, "type", lab_type_name((enum lab_type)info->type));
  set_string(L, "shape", lab_type_text((enum lab_type)info->type));
  set_integer(L, "min", info->len_min);
  if (info->len_max != UINT16_MAX) set_integer(L, "max", info->len_max);
  set_integer(L, "multiple", info->len_multiple);
  set_string(L, "text", info->text);
  set_string(L, "source", info->source);
  lua_newtable(L);
  const char *alias;
  for (int k = 0; (alias = lab_option_alias(info->code, (size_t)k)) != NULL; k++) {
    lua_pushstring(L, alias);
    lua_rawseti(L, -2, k + 1);
  }
  lua_setfield(L, -2, "aliases");
}

static int list_catalogue(lua_State *L) {
  int count = 0;
  lua_newtable(L);
  for (int code = 0; code < 256; code++) {
    const lab_option_info *info = lab_option_info_of((uint8_t)code);
    if (info->name == NULL) continue;
    push_row(L, info);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

/* core.option(name or code) -> row or nil; never raises */
static int find_option(lua_State *L) {
  const lab_option_info *info = NULL;
  if (lua_type(L, 1) == LUA_TNUMBER) {
    int good;
    lua_Integer code = lua_tointegerx(L, 1, &good);
    if (good && code >= 0 && code <= 255) info = lab_option_info_of((uint8_t)code);
  } else {
    size_t len;
    const char *name = luaL_checklstring(L, 1, &len);
    info = lab_option_by_name(name, len);
  }
  if (info == NULL || info->name == NULL) {
    lua_pushnil(L);
  } else {
    push_row(L, info);
  }
  return 1;
}

/* core.define_option(code, name, type [, text]) */
static int define_option(lua_State *L) {
  lua_Integer code = luaL_checkinteger(L, 1);
  const char *name = luaL_checkstring(L, 2);
  const char *type_name = luaL_checkstring(L, 3);
  enum lab_type type;
  if (lab_type_by_name(type_name, &type) != LAB_OK) {
    return lab_l_error(
        L,
        "no option type is called \"%s\"; common ones: ip, ips, u8, u16, u32, seconds, bool, text, "
        "bytes [E107]",
        type_name);
  }
  if (code < 1 || code > 254)
    return lab_l_error(L, "an option code is a number from 1 to 254 [E109]");
  switch (
      lab_option_define((uint8_t)code, name, type, luaL_optstring(L, 4, "defined by the script"))) {
    case LAB_OK: return 0;
    case LAB_ERR_IN_USE: return lab_l_error(L, "another option is called \"%s\" [E114]", name);
    case LAB_ERR_FORMAT:
      return lab_l_error(
          L, "an option's name has small letters, digits and _ only, got \"%s\" [E108]", name);
    default: return lab_l_error(L, "option %d cannot be defined [E109]", (int)code);
  }
}

/* core.undefine_options(): back to the catalogue as compiled */
static int undefine_options(lua_State *L) {
  (void)L;
  lab_option_undefine_all();
  return 0;
}

static int decode_value(lua_State *L) {
  const lab_option_info *info = lab_l_check_option_key(L, 1);
  lab_l_push_value(L, info, lab_l_check_view(L, 2));
  return 1;
}

static int encode_value(lua_State *L) {
  const lab_option_info *info = lab_l_check_option_key(L, 1);
  uint8_t bytes[16384];
  lab_span out = {bytes, sizeof bytes};
  lab_view value = {bytes, lab_l_check_value(L, 2, info, out)};
  if (!lab_l_is_raw(L, 2)) lab_l_check_bounds(L, info, value);
  lua_pushlstring(L, (const char *)value.data, value.len);
  return 1;
}

static int list_fields(lua_State *L) {
  lua_newtable(L);
  for (int field = 0; field < LAB_FIELD_COUNT; field++) {
    lua_createtable(L, 0, 3);
    set_string(L, "name", lab_field_name((enum lab_field)field));
    set_integer(L, "offset", (lua_Integer)lab_field_offset((enum lab_field)field));
    set_integer(L, "size", (lua_Integer)lab_field_size((enum lab_field)field));
    lua_rawseti(L, -2, field + 1);
  }
  return 1;
}

static int get_type_name(lua_State *L) {
  lua_pushstring(L, lab_message_type_name((unsigned)luaL_checkinteger(L, 1)));
  return 1;
}

static int get_type_number(lua_State *L) {
  size_t len;
  const char *name = luaL_checklstring(L, 1, &len);
  unsigned type = lab_message_type_by_name(name, len);
  if (type == 0) return 0;
  lua_pushinteger(L, type);
  return 1;
}

/* Texts: addresses and durations
 * --------------------------------------------------------------------------------- */

/* core.ip_number("10.0.0.1") -> integer or nil */
static int ip_number(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  lab_ip4 ip;
  if (lab_ip4_parse(text, len, &ip) != LAB_OK) return 0;
  lua_pushinteger(L, ip);
  return 1;
}

static int ip_text(lua_State *L) {
  lab_l_push_ip4(L, (lab_ip4)luaL_checkinteger(L, 1));
  return 1;
}

/* core.subnet("192.168.1.0/24") -> network number, mask number, bits; or nil, word */
static int parse_subnet(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  lab_ip4 network;
  unsigned bits;
  enum lab_status status = lab_ip4_parse_prefix(text, len, &network, &bits);
  if (status != LAB_OK) return lab_l_fail(L, status);
  lua_pushinteger(L, network);
  lua_pushinteger(L, lab_ip4_mask(bits));
  lua_pushinteger(L, bits);
  return 3;
}

/* core.endpoint("127.0.0.1:6767") -> "127.0.0.1", 6767; or nil */
static int parse_endpoint(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  lab_endpoint endpoint;
  if (lab_endpoint_parse(text, len, &endpoint) != LAB_OK) return 0;
  lab_l_push_ip4(L, endpoint.ip);
  lua_pushinteger(L, endpoint.port);
  return 2;
}

/* core.mac(text) -> the same MAC in its usual form, or nil */
static int parse_mac(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  lab_mac mac;
  if (lab_mac_parse(text, len, &mac) != LAB_OK) return 0;
  lab_l_push_mac(L, mac.octet, 6);
  return 1;
}

/* core.duration(value) -> seconds (math.huge for infinite), or nil */
static int parse_duration(lua_State *L) {
  lab_time us;
  luaL_checkany(L, 1);
  if (!lab_l_to_duration(L, 1, &us) || us < 0) return 0;
  lab_l_push_time(L, us);
  return 1;
}

/* Capture files
 * -------------------------------------------------------------------------------------------------- */

typedef struct reader_handle {
  FILE *file;
  lab_pcap_reader *reader;
} reader_handle;

static int close_reader(lua_State *L) {
  reader_handle *handle = luaL_checkudata(L, 1, READER);
  lab_pcap_reader_free(handle->reader);
  if (handle->file != NULL && handle->file != stdin) fclose(handle->file);
  handle->reader = NULL;
  handle->file = NULL;
  return 0;
}

/* core.open_capture(path or "-") -> reader, or nil, word, text.  "format": it is no capture
 * file. */
static int open_capture(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  reader_handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  handle->reader = NULL;
  handle->file = NULL;
  luaL_setmetatable(L, READER);
  handle->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
  struct stat about;
  if (handle->file != NULL && fstat(fileno(handle->file), &about) == 0 && S_ISDIR(about.st_mode)) {
    errno = EISDIR;
    fclose(handle->file);
    handle->file = NULL;
  }
  if (handle->file == NULL) {
    int error = errno;
    lab_l_fail(L, LAB_ERR_IO);
    lua_pushstring(L, strerror(error));
    return 3;
  }
  enum lab_status status = lab_pcap_reader_new(handle->file, &handle->reader);
  if (status == LAB_OK) return 1;
  lab_l_fail(L, status);
  lua_pushliteral(L, "not a pcap or pcapng file");
  return 3;
}

/* reader:next() -> record, or nil at the end, or nil, word for a file that ends or breaks in the
 * middle */
static int next_record(lua_State *L) {
  reader_handle *handle = luaL_checkudata(L, 1, READER);
  if (handle->reader == NULL) return lab_l_error(L, "this capture is closed [E115]");
  lab_pcap_record record;
  int got = lab_pcap_next(handle->reader, &record);
  if (got < 0) return lab_l_fail(L, (enum lab_status)got);
  if (got == 0) return 0;
  lua_createtable(L, 0, 6);
  set_integer(L, "number", (lua_Integer)record.number);
  set_integer(L, "time_ns", record.unix_ns);
  lua_pushnumber(L, (lua_Number)record.unix_ns / 1e9);
  lua_setfield(L, -2, "time");
  set_integer(L, "link", record.link);
  set_integer(L, "wire_length", record.wire_len);
  lua_pushlstring(L, (const char *)record.frame.data, record.frame.len);
  lua_setfield(L, -2, "frame");
  return 1;
}

/* core.frame(link, bytes) -> table, or nil, word */
static int parse_frame(lua_State *L) {
  lab_packet packet;
  bool bad_checksum = false;
  enum lab_link link = (enum lab_link)luaL_checkinteger(L, 1);
  enum lab_status status = lab_frame_parse(link, lab_l_check_view(L, 2), &packet, &bad_checksum);
  if (status != LAB_OK) return lab_l_fail(L, status);
  lua_createtable(L, 0, 8);
  set_string(L, "kind", packet.kind == LAB_PACKET_ARP ? "arp" : "udp");
  lab_l_push_endpoint(L, packet.src);
  lua_setfield(L, -2, "src");
  lab_l_push_endpoint(L, packet.dst);
  lua_setfield(L, -2, "dst");
  lab_l_push_mac(L, packet.src_mac.octet, 6);
  lua_setfield(L, -2, "src_mac");
  lab_l_push_mac(L, packet.dst_mac.octet, 6);
  lua_setfield(L, -2, "dst_mac");
  lua_pushlstring(L, (const char *)packet.payload.data, packet.payload.len);
  lua_setfield(L, -2, "payload");
  lua_pushboolean(L, bad_checksum);
  lua_setfield(L, -2, "bad_checksum");
  return 1;
}

/* The machine
 * ---------------------------------------------------------------------------------------------------- */

static int is_terminal(lua_State *L) {
  lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
  return 1;
}

static int get_columns(lua_State *L) {
  struct winsize size;
  if (ioctl((int)luaL_checkinteger(L, 1), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 0;
  lua_pushinteger(L, size.ws_col);
  return 1;
}

static int get_processors(lua_State *L) {
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  lua_pushinteger(L, count > 0 ? count : 1);
  return 1;
}

/* core.folder(path) -> the sorted names in it without "." and "..", or nil and what the system
 * said */
static int list_folder(lua_State *L) {
  DIR *folder = opendir(luaL_checkstring(L, 1));
  if (folder == NULL) {
    lua_pushnil(L);
    lua_pushstring(L, strerror(errno));
    return 2;
  }
  lua_getglobal(L, "table");
  lua_getfield(L, -1, "sort");
  lua_newtable(L);
  lua_Integer count = 0;
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    lua_pushstring(L, entry->d_name);
    lua_rawseti(L, -2, ++count);
  }
  closedir(folder);
  lua_pushvalue(L, -1);
  lua_insert(L, -3);
  lua_call(L, 1, 0);
  return 1;
}

/* core.make_folder(path) -> true, or nil and what the system said */
static int make_folder(lua_State *L) {
  if (mkdir(luaL_checkstring(L, 1), 0777) == 0) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, strerror(errno));
  return 2;
}

/* A number nobody can guess, for drawing a seed: 53 bits, so that it prints and reads back
 * everywhere. */
static int draw_seed(lua_State *L) {
  uint64_t value = 0;
  if (getentropy(&value, sizeof value) != 0) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    value =
        (uint64_t)t.tv_nsec * 0x9e3779b97f4a7c15u ^ (uint64_t)t.tv_sec ^ (uint64_t)getpid() << 32;
  }
  lua_pushinteger(L, (lua_Integer)(value >> 32));
  return 1;
}

static int write_flush(
    lua_State *L) { /* core.flush(): stdout, and whether all of it could be written */
  if (fflush(stdout) == 0 && !ferror(stdout)) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, strerror(errno));
  return 2;
}

static const luaL_Reg functions[] = {{"catalogue", list_catalogue},
                                     {"option", find_option},
                                     {"define_option", define_option},
                                     {"undefine_options", undefine_options},
                                     {"value", decode_value},
                                     {"encode_value", encode_value},
                                     {"fields", list_fields},
                                     {"type_name", get_type_name},
                                     {"type_number", get_type_number},
                                     {"ip_number", ip_number},
                                     {"ip_text", ip_text},
                                     {"subnet", parse_subnet},
                                     {"endpoint", parse_endpoint},
                                     {"mac", parse_mac},
                                     {"duration", parse_duration},
                                     {"open_capture", open_capture},
                                     {"frame", parse_frame},
                                     {"isatty", is_terminal},
                                     {"columns", get_columns},
                                     {"folder", list_folder},
                                     {"make_folder", make_folder},
                                     {"processors", get_processors},
                                     {"draw_seed", draw_seed},
                                     {"flush", write_flush},
                                     {"library", lab_l_set_library},
                                     {NULL, NULL}};

/* The options that scripts have defined go with the Lua state. */
static int forget_options(lua_State *L) {
  (void)L;
  lab_option_undefine_all();
  return 0;
}

static void forget_options_at_the_end(lua_State *L) {
  lua_newuserdatauv(L, 0, 0);
  lua_newtable(L);
  lua_pushcfunction(L, forget_options);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, functions);
}

void lab_l_misc_open(lua_State *L) {
  forget_options_at_the_end(L);
  static const luaL_Reg reader_methods[] = {
      {"next", next_record}, {"close", close_reader}, {NULL, NULL}};
  luaL_newmetatable(L, READER);
  luaL_newlib(L, reader_methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, close_reader);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, close_reader);
  lua_setfield(L, -2, "__close");
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
}
