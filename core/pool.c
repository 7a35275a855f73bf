/* Ranges of addresses less exclusions; see pool.h.  Both are short sorted lists, changed when a
 * server is set up and searched by halving afterwards.  Called by the lease table. */
#include "pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void lab_pool_init(lab_pool *pool) { *pool = (lab_pool){0}; }

void lab_pool_free(lab_pool *pool) {
  free(pool->range);
  free(pool->next);
  free(pool->sorted);
  free(pool->gap);
  lab_pool_init(pool);
}

/* How many of the list begin at or before `address`: the one that may hold it is the last of
 * these. */
static size_t count_before(const lab_pool_range *list, size_t count, lab_ip4 address) {
  size_t low = 0;
  size_t high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (list[middle].low <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static const lab_pool_range *find_holder(const lab_pool_range *list, size_t count,
                                         lab_ip4 address) {
  size_t before = count_before(list, count, address);
  if (before == 0 || list[before - 1].high < address) return NULL;
  return &list[before - 1];
}

/* Moves the cursor of a range out of what is excluded, and `open` past ranges that are used up. */
static void settle_cursor(lab_pool *pool, size_t order) {
  const lab_pool_range *range = &pool->range[pool->sorted[order]];
  while (pool->next[order] <= range->high) {
    const lab_pool_range *gap = find_holder(pool->gap, pool->gap_count, (lab_ip4)pool->next[order]);
    if (gap == NULL) break;
    pool->next[order] = (uint64_t)gap->high + 1;
  }
  while (pool->open < pool->range_count) {
    if (pool->next[pool->open] <= pool->range[pool->sorted[pool->open]].high) break;
    pool->open++;
  }
}

static enum lab_status grow(void **list, size_t count, size_t size) {
  void *grown = realloc(*list, (count + 1) * size);
  if (grown == NULL) return LAB_ERR_MEMORY;
  *list = grown;
  return LAB_OK;
}

enum lab_status lab_pool_add(lab_pool *pool, lab_ip4 low, lab_ip4 high) {
  if (low > high) return LAB_ERR_RANGE;
  size_t count = pool->range_count;
  size_t before = count_before(pool->range, count, high);
  if (before > 0 && pool->range[before - 1].high >= low) return LAB_ERR_RANGE;
  void *range = pool->range;
  void *next = pool->next;
  void *sorted = pool->sorted;
  bool grown = grow(&range, count, sizeof *pool->range) == LAB_OK &&
               grow(&next, count, sizeof *pool->next) == LAB_OK &&
               grow(&sorted, count, sizeof *pool->sorted) == LAB_OK;
  pool->range = range;
  pool->next = next;
  pool->sorted = sorted;
  if (!grown) return LAB_ERR_MEMORY;
  memmove(&pool->range[before + 1], &pool->range[before], (count - before) * sizeof *pool->range);
  pool->range[before] = (lab_pool_range){low, high, (uint32_t)count};
  pool->next[count] = low;
  pool->range_count = count + 1;
  for (size_t i = before; i <= count; i++) pool->sorted[pool->range[i].order] = (uint32_t)i;
  settle_cursor(pool, count);
  return LAB_OK;
}

enum lab_status lab_pool_exclude(lab_pool *pool, lab_ip4 low, lab_ip4 high) {
  if (low > high) return LAB_ERR_RANGE;
  void *list = pool->gap;
  enum lab_status status = grow(&list, pool->gap_count, sizeof *pool->gap);
  pool->gap = list;
  if (status != LAB_OK) return status;
  /* first .. last are the gaps that the new one overlaps or touches: all become one. */
  size_t first = count_before(pool->gap, pool->gap_count, low);
  if (first > 0 && (uint64_t)pool->gap[first - 1].high + 1 >= low) first--;
  size_t last =
      count_before(pool->gap, pool->gap_count, high == LAB_IP4_BROADCAST ? high : high + 1);
  if (first < last) {
    if (pool->gap[first].low < low) low = pool->gap[first].low;
    if (pool->gap[last - 1].high > high) high = pool->gap[last - 1].high;
  }
  memmove(&pool->gap[first + 1], &pool->gap[last], (pool->gap_count - last) * sizeof *pool->gap);
  pool->gap[first] = (lab_pool_range){low, high, 0};
  pool->gap_count = pool->gap_count - (last - first) + 1;
  for (size_t order = 0; order < pool->range_count; order++) settle_cursor(pool, order);
  return LAB_OK;
}

bool lab_pool_has(const lab_pool *pool, lab_ip4 address, uint32_t *order) {
  const lab_pool_range *range = find_holder(pool->range, pool->range_count, address);
  if (range == NULL || find_holder(pool->gap, pool->gap_count, address) != NULL) return false;
  if (order != NULL) *order = range->order;
  return true;
}

bool lab_pool_fresh(const lab_pool *pool, lab_ip4 *address, uint32_t *order) {
  if (pool->open == pool->range_count) return false;
  *address = (lab_ip4)pool->next[pool->open];
  *order = (uint32_t)pool->open;
  return true;
}

void lab_pool_pass(lab_pool *pool) {
  assert(pool->open < pool->range_count);
  pool->next[pool->open]++;
  settle_cursor(pool, pool->open);
}

bool lab_pool_is_passed(const lab_pool *pool, lab_ip4 address, uint32_t order) {
  return address < pool->next[order];
}

uint64_t lab_pool_size(const lab_pool *pool) {
  uint64_t size = 0;
  size_t gap = 0;
  for (size_t i = 0; i < pool->range_count; i++) {
    const lab_pool_range *range = &pool->range[i];
    size += (uint64_t)range->high - range->low + 1;
    while (gap < pool->gap_count && pool->gap[gap].high < range->low) gap++;
    for (size_t each = gap; each < pool->gap_count && pool->gap[each].low <= range->high; each++) {
      lab_ip4 low = pool->gap[each].low > range->low ? pool->gap[each].low : range->low;
      lab_ip4 high = pool->gap[each].high < range->high ? pool->gap[each].high : range->high;
      size -= (uint64_t)high - low + 1;
    }
  }
  return size;
}

size_t lab_pool_bytes(const lab_pool *pool) {
  return pool->range_count * (sizeof *pool->range + sizeof *pool->next + sizeof *pool->sorted) +
         pool->gap_count * sizeof *pool->gap;
}
