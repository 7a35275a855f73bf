/* Checks an option's value against its row in the catalogue: length, numbers, inner structure
 * (layer L2).
 *
 * Each structured type has one function that walks the value from front to back and never past its
 * end.  The value is the joined one when the option came in several instances.  Used by check.c
 * for faults and by bindings for what scripts set. */
#include "bytes.h"
#include "domain.h"
#include "option.h"

enum { CODE_NETBIOS_NODE_TYPE = 46, CODE_STATIC_ROUTES = 33 };

bool lab_option_length_fits(const lab_option_info *info, size_t len) {
  if (len < info->len_min) return false;
  if (info->len_max != UINT16_MAX && len > info->len_max) return false;
  return len == 0 || (len - info->len_base) % info->len_multiple == 0;
}

/* Numbers of `size` octets each, big-endian, all within the row's bounds. */
static enum lab_status check_numbers(const lab_option_info *info, lab_view value, size_t size) {
  for (size_t at = 0; at < value.len; at += size) {
    const uint8_t *p = value.data + at;
    int64_t number = size == 1 ? p[0] : size == 2 ? lab_get_u16(p) : lab_get_u32(p);
    if (info->type == LAB_TYPE_I32) number = (int32_t)(uint32_t)number;
    if (number < info->value_min || number > info->value_max) return LAB_ERR_RANGE;
  }
  return LAB_OK;
}

static enum lab_status check_u8(const lab_option_info *info, lab_view value) {
  enum lab_status status = check_numbers(info, value, 1);
  if (status == LAB_OK && info->code == CODE_NETBIOS_NODE_TYPE) {
    uint8_t kind = value.data[0]; /* B, P, M or H node: one bit each */
    if ((kind & (kind - 1)) != 0) return LAB_ERR_RANGE;
  }
  return status;
}

static enum lab_status check_pairs(const lab_option_info *info, lab_view value) {
  if (info->code != CODE_STATIC_ROUTES) return LAB_OK;
  for (size_t at = 0; at < value.len; at += 8) {
    if (lab_get_u32(value.data + at) == 0)
      return LAB_ERR_RANGE; /* RFC 2132 5.8: no default route */
  }
  return LAB_OK;
}

/* (width, significant octets of the destination, router)*, RFC 3442. */
static enum lab_status check_routes(lab_view value) {
  size_t at = 0;
  while (at < value.len) {
    uint8_t width = value.data[at++];
    if (width > 32) return LAB_ERR_RANGE;
    size_t len = (size_t)(width + 7) / 8 + 4;
    if (len > value.len - at) return LAB_ERR_SHORT;
    at += len;
  }
  return LAB_OK;
}

/* (code, length, data)*. */
static enum lab_status check_suboptions(lab_view value) {
  size_t at = 0;
  while (at < value.len) {
    if (value.len - at < 2) return LAB_ERR_SHORT;
    size_t len = value.data[at + 1];
    if (len > value.len - at - 2) return LAB_ERR_SHORT;
    at += 2 + len;
  }
  return LAB_OK;
}

/* (enterprise number, length, data)*, RFC 3925; in option 125 the data are suboptions. */
static enum lab_status check_enterprises(lab_view value, bool has_suboptions) {
  size_t at = 0;
  while (at < value.len) {
    if (value.len - at < 5) return LAB_ERR_SHORT;
    size_t len = value.data[at + 4];
    if (len > value.len - at - 5) return LAB_ERR_SHORT;
    if (has_suboptions) {
      enum lab_status status = check_suboptions((lab_view){value.data + at + 5, len});
      if (status != LAB_OK) return status;
    }
    at += 5 + len;
  }
  return LAB_OK;
}

/* DNS names back to back, compression allowed (RFC 3397 2). */
static enum lab_status check_domains(lab_view value) {
  uint8_t wire[LAB_DOMAIN_WIRE];
  size_t at = 0, len;
  while (at < value.len) {
    enum lab_status status = lab_domain_read(value, &at, true, wire, &len);
    if (status != LAB_OK) return status;
  }
  return LAB_OK;
}

/* Encoding 0: names; 1: addresses (RFC 3361 3). */
static enum lab_status check_sip(lab_view value) {
  lab_view list = {value.data + 1, value.len - 1};
  switch (value.data[0]) {
    case 0: return check_domains(list);
    case 1: return list.len >= 4 && list.len % 4 == 0 ? LAB_OK : LAB_ERR_FORMAT;
    default: return LAB_ERR_RANGE;
  }
}

/* With the E bit the name is in wire form, possibly without its last label of length 0 (RFC 4702
 * 2.3.1). */
static enum lab_status check_fqdn(lab_view value) {
  enum { HAS_WIRE_FORM = 0x04, NAME_AT = 3 };
  if ((value.data[0] & HAS_WIRE_FORM) == 0) return LAB_OK;
  size_t at = NAME_AT;
  while (at < value.len) {
    size_t label = value.data[at];
    if (label > 63) return LAB_ERR_FORMAT;
    if (label >= value.len - at) return LAB_ERR_SHORT;
    at += 1 + label;
    if (label == 0 && at < value.len) return LAB_ERR_FORMAT;
  }
  return value.len - NAME_AT > 255 ? LAB_ERR_FORMAT : LAB_OK;
}

static enum lab_status check_slp(lab_view value) {
  return value.data[0] > 1 ? LAB_ERR_RANGE : LAB_OK; /* the mandatory octet is a truth value */
}

/* (length, addresses)*, RFC 7291 4. */
static enum lab_status check_ip_lists(lab_view value) {
  size_t at = 0;
  while (at < value.len) {
    size_t len = value.data[at++];
    if (len == 0 || len % 4 != 0) return LAB_ERR_FORMAT;
    if (len > value.len - at) return LAB_ERR_SHORT;
    at += len;
  }
  return LAB_OK;
}

enum lab_status lab_option_check(const lab_option_info *info, lab_view value) {
  if (value.len < info->len_min) return LAB_ERR_SHORT;
  if (!lab_option_length_fits(info, value.len)) return LAB_ERR_FORMAT;
  if (value.len == 0) return LAB_OK;
  switch ((enum lab_type)info->type) {
    case LAB_TYPE_U8: return check_u8(info, value);
    case LAB_TYPE_U8S:
    case LAB_TYPE_BOOL:
    case LAB_TYPE_MESSAGE: return check_numbers(info, value, 1);
    case LAB_TYPE_U16:
    case LAB_TYPE_U16S: return check_numbers(info, value, 2);
    case LAB_TYPE_U32:
    case LAB_TYPE_I32:
    case LAB_TYPE_SECONDS: return check_numbers(info, value, 4);
    case LAB_TYPE_IP_PAIRS: return check_pairs(info, value);
    case LAB_TYPE_ROUTES: return check_routes(value);
    case LAB_TYPE_SUBOPTIONS: return check_suboptions(value);
    case LAB_TYPE_ENTERPRISES: return check_enterprises(value, false);
    case LAB_TYPE_ENTERPRISE_TLVS: return check_enterprises(value, true);
    case LAB_TYPE_DOMAINS: return check_domains(value);
    case LAB_TYPE_SIP: return check_sip(value);
    case LAB_TYPE_FQDN: return check_fqdn(value);
    case LAB_TYPE_SLP_AGENTS:
    case LAB_TYPE_SLP_SCOPE: return check_slp(value);
    case LAB_TYPE_IP_LISTS: return check_ip_lists(value);
    case LAB_TYPE_NONE:
    case LAB_TYPE_EMPTY:
    case LAB_TYPE_IP:
    case LAB_TYPE_IPS:
    case LAB_TYPE_TEXT:
    case LAB_TYPE_BYTES:
    case LAB_TYPE_CODES:
    case LAB_TYPE_INTERFACE:
    case LAB_TYPE_COUNT: break; /* any octets will do */
  }
  return LAB_OK;
}
