/* The option catalogue as look-ups: by code, by name, by alias, and rows that a script adds at run
 * time (layer L2).
 *
 * The rows are in option.def, the rules that come with a type in the list below; both are put
 * together when the catalogue is first asked for anything.  How a value is checked against its row
 * is option_check.c.  The catalogue is one per process and not locked: a program with threads asks
 * once before it starts them, and defines nothing afterwards. */
#include "option.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define OPEN UINT16_MAX

/* Type, short name, what documentation calls it; shortest and longest value in octets, multiple
 * and base of the length; smallest and largest number, 0 and 0 where the value holds none. */
#define LAB_TYPES(X)                                                                       \
  X(NONE, "none", "no value, no length", 0, 0, 1, 0, 0, 0)                                 \
  X(EMPTY, "empty", "empty value", 0, 0, 1, 0, 0, 0)                                       \
  X(IP, "ip", "address", 4, 4, 1, 0, 0, UINT32_MAX)                                        \
  X(IPS, "ips", "list of addresses", 4, OPEN, 4, 0, 0, UINT32_MAX)                         \
  X(IP_PAIRS, "ip_pairs", "list of address pairs", 8, OPEN, 8, 0, 0, UINT32_MAX)           \
  X(U8, "u8", "number from 0 to 255", 1, 1, 1, 0, 0, UINT8_MAX)                            \
  X(U16, "u16", "number from 0 to 65535", 2, 2, 1, 0, 0, UINT16_MAX)                       \
  X(U32, "u32", "number from 0 to 4294967295", 4, 4, 1, 0, 0, UINT32_MAX)                  \
  X(I32, "i32", "number from -2147483648 to 2147483647", 4, 4, 1, 0, INT32_MIN, INT32_MAX) \
  X(SECONDS, "seconds", "seconds; 4294967295 is infinity", 4, 4, 1, 0, 0, UINT32_MAX)      \
  X(U8S, "u8s", "list of numbers from 0 to 255", 1, OPEN, 1, 0, 0, UINT8_MAX)              \
  X(U16S, "u16s", "list of numbers from 0 to 65535", 2, OPEN, 2, 0, 0, UINT16_MAX)         \
  X(BOOL, "bool", "true or false", 1, 1, 1, 0, 0, 1)                                       \
  X(TEXT, "text", "text", 1, OPEN, 1, 0, 0, 0)                                             \
  X(BYTES, "bytes", "bytes", 0, OPEN, 1, 0, 0, 0)                                          \
  X(MESSAGE, "message", "message type", 1, 1, 1, 0, 1, 18)                                 \
  X(CODES, "codes", "list of option codes", 1, OPEN, 1, 0, 0, UINT8_MAX)                   \
  X(DOMAINS, "domains", "list of domain names", 1, OPEN, 1, 0, 0, 0)                       \
  X(ROUTES, "routes", "list of routes: prefix and router", 5, OPEN, 1, 0, 0, 0)            \
  X(FQDN, "fqdn", "flags and domain name", 3, OPEN, 1, 0, 0, 0)                            \
  X(SUBOPTIONS, "suboptions", "list of suboptions", 2, OPEN, 1, 0, 0, 0)                   \
  X(ENTERPRISES, "enterprises", "list of data by enterprise", 5, OPEN, 1, 0, 0, 0)         \
  X(ENTERPRISE_TLVS, "enterprise_tlvs", "suboptions by enterprise", 5, OPEN, 1, 0, 0, 0)   \
  X(SIP, "sip", "list of domain names or of addresses", 2, OPEN, 1, 0, 0, 0)               \
  X(SLP_AGENTS, "slp_agents", "mandatory flag and addresses", 5, OPEN, 4, 1, 0, 0)         \
  X(SLP_SCOPE, "slp_scope", "mandatory flag and text", 1, OPEN, 1, 0, 0, 0)                \
  X(INTERFACE, "interface", "interface type and version", 3, 3, 1, 0, 0, UINT8_MAX)        \
  X(IP_LISTS, "ip_lists", "list of lists of addresses", 5, OPEN, 1, 0, 0, UINT32_MAX)

static const struct {
  const char *name;
  const char *text;
  lab_option_info rule; /* what an option of this type has unless its row says otherwise */
} types[LAB_TYPE_COUNT] = {
#define X(type, name, text, shortest, longest, multiple, base, smallest, largest)                 \
  [LAB_TYPE_##type] = {name,                                                                      \
                       text,                                                                      \
                       {0, LAB_TYPE_##type, shortest, longest, multiple, base, smallest, largest, \
                        NULL, NULL, NULL}},
    LAB_TYPES(X)
#undef X
};

/* A row of option.def. `has_len` and `has_bounds` tell which of the pairs are meant. */
typedef struct row {
  uint8_t code;
  uint8_t type;
  bool has_len, has_bounds;
  uint16_t len_min, len_max;
  uint16_t value_min, value_max;
  const char *name, *text, *source;
} row;

static const row rows[] = {
#define OPTION(code, name, type, text, source) \
  {code, LAB_TYPE_##type, false, false, 0, 0, 0, 0, #name, text, source},
#define OPTION_LEN(code, name, type, shortest, longest, text, source) \
  {code, LAB_TYPE_##type, true, false, shortest, longest, 0, 0, #name, text, source},
#define OPTION_IN(code, name, type, smallest, largest, text, source) \
  {code, LAB_TYPE_##type, false, true, 0, 0, smallest, largest, #name, text, source},
#define ALIAS(code, name)
#include "option.def"
#undef OPTION
#undef OPTION_LEN
#undef OPTION_IN
#undef ALIAS
};

static const struct alias {
  uint8_t code;
  const char *name;
} aliases[] = {
#define OPTION(code, name, type, text, source)
#define OPTION_LEN(code, name, type, shortest, longest, text, source)
#define OPTION_IN(code, name, type, smallest, largest, text, source)
#define ALIAS(code, name) {code, name},
#include "option.def"
#undef OPTION
#undef OPTION_LEN
#undef OPTION_IN
#undef ALIAS
};

/* The catalogue in use.  A slot of the hash table holds 0, or 1 + code of a name, or 257 + index
 * of an alias. */
enum { SLOT_COUNT = 1024, FIRST_ALIAS = 257 };
_Static_assert(256 + LAB_COUNTOF(aliases) <= SLOT_COUNT / 2 + SLOT_COUNT / 4, "room in the table");

static struct {
  bool loaded;
  lab_option_info info[256];
  char *defined[256]; /* name and text of rows added at run time, one allocation each */
  uint16_t slots[SLOT_COUNT];
} catalogue;

static char fold(char c) {
  if (c >= 'A' && c <= 'Z') return (char)(c - 'A' + 'a');
  return c == '-' ? '_' : c;
}

static uint32_t hash_name(const char *name, size_t len) {
  uint32_t hash = 2166136261u; /* FNV-1a */
  for (size_t k = 0; k < len; k++) hash = (hash ^ (uint8_t)fold(name[k])) * 16777619u;
  return hash;
}

static bool equal_names(const char *name, size_t len, const char *known) {
  for (size_t k = 0; k < len; k++) {
    if (known[k] == '\0' || fold(name[k]) != fold(known[k])) return false;
  }
  return known[len] == '\0';
}

static const char *name_of_slot(uint16_t slot) {
  return slot >= FIRST_ALIAS ? aliases[slot - FIRST_ALIAS].name : catalogue.info[slot - 1].name;
}

/* The place in the table where the name is, or where it belongs.  The table is never full. */
static uint16_t *find_slot(const char *name, size_t len) {
  uint32_t k = hash_name(name, len) % SLOT_COUNT;
  while (catalogue.slots[k] != 0 && !equal_names(name, len, name_of_slot(catalogue.slots[k]))) {
    k = (k + 1) % SLOT_COUNT;
  }
  return &catalogue.slots[k];
}

static void index_names(void) {
  memset(catalogue.slots, 0, sizeof catalogue.slots);
  for (unsigned code = 0; code < 256; code++) {
    const char *name = catalogue.info[code].name;
    if (name != NULL) *find_slot(name, strlen(name)) = (uint16_t)(1 + code);
  }
  for (size_t k = 0; k < LAB_COUNTOF(aliases); k++) {
    uint16_t *slot = find_slot(aliases[k].name, strlen(aliases[k].name));
    if (*slot == 0) *slot = (uint16_t)(FIRST_ALIAS + k);
  }
}

static void load_catalogue(void) {
  for (unsigned code = 0; code < 256; code++) {
    catalogue.info[code] = types[LAB_TYPE_BYTES].rule;
    catalogue.info[code].code = (uint8_t)code;
    catalogue.info[code].text = "";
    catalogue.info[code].source = "";
  }
  for (size_t k = 0; k < LAB_COUNTOF(rows); k++) {
    const row *r = &rows[k];
    lab_option_info *info = &catalogue.info[r->code];
    *info = types[r->type].rule;
    info->code = r->code;
    info->name = r->name;
    info->text = r->text;
    info->source = r->source;
    if (r->has_len) {
      info->len_min = r->len_min;
      info->len_max = r->len_max;
    }
    if (r->has_bounds) {
      info->value_min = r->value_min;
      info->value_max = r->value_max;
    }
  }
  index_names();
  catalogue.loaded = true;
}

const lab_option_info *lab_option_info_of(uint8_t code) {
  if (!catalogue.loaded) load_catalogue();
  return &catalogue.info[code];
}

const lab_option_info *lab_option_by_name(const char *name, size_t len) {
  if (!catalogue.loaded) load_catalogue();
  uint16_t slot = *find_slot(name, len);
  if (slot == 0) return NULL;
  uint8_t code = slot >= FIRST_ALIAS ? aliases[slot - FIRST_ALIAS].code : (uint8_t)(slot - 1);
  return &catalogue.info[code];
}

const char *lab_option_alias(uint8_t code, size_t k) {
  for (size_t at = 0; at < LAB_COUNTOF(aliases); at++) {
    if (aliases[at].code == code && k-- == 0) return aliases[at].name;
  }
  return NULL;
}

static bool is_identifier(const char *name) {
  if (name[0] < 'a' || name[0] > 'z') return false;
  for (const char *at = name; *at != '\0'; at++) {
    bool allowed = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '_';
    if (!allowed) return false;
  }
  return true;
}

enum lab_status lab_option_define(uint8_t code, const char *name, enum lab_type type,
                                  const char *text) {
  if (code == 0 || code == 255) return LAB_ERR_RANGE;
  if (type <= LAB_TYPE_NONE || type >= LAB_TYPE_COUNT) return LAB_ERR_RANGE;
  if (!is_identifier(name)) return LAB_ERR_FORMAT;
  size_t name_size = strlen(name) + 1;
  const lab_option_info *holder = lab_option_by_name(name, name_size - 1);
  if (holder != NULL && holder->code != code) return LAB_ERR_IN_USE;

  if (text == NULL) text = "";
  size_t text_size = strlen(text) + 1;
  char *copy = malloc(name_size + text_size);
  if (copy == NULL) return LAB_ERR_MEMORY;
  memcpy(copy, name, name_size);
  memcpy(copy + name_size, text, text_size);

  lab_option_info *info = &catalogue.info[code];
  *info = types[type].rule;
  info->code = code;
  info->name = copy;
  info->text = copy + name_size;
  info->source = "defined by a script";
  free(catalogue.defined[code]); /* only now: `name` or `text` may be the old row's */
  catalogue.defined[code] = copy;
  index_names();
  return LAB_OK;
}

void lab_option_undefine_all(void) {
  for (unsigned code = 0; code < 256; code++) {
    free(catalogue.defined[code]);
    catalogue.defined[code] = NULL;
  }
  load_catalogue();
}

const char *lab_type_text(enum lab_type type) {
  assert((unsigned)type < LAB_TYPE_COUNT);
  return types[type].text;
}

const char *lab_type_name(enum lab_type type) {
  assert((unsigned)type < LAB_TYPE_COUNT);
  return types[type].name;
}

enum lab_status lab_type_by_name(const char *name, enum lab_type *out) {
  for (unsigned type = 0; type < LAB_TYPE_COUNT; type++) {
    if (strcmp(types[type].name, name) == 0) {
      *out = (enum lab_type)type;
      return LAB_OK;
    }
  }
  return LAB_ERR_ABSENT;
}
