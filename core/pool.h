/* The addresses that may be given out: ranges in the order of their adding, less what is
 * excluded, and how far each has been used (layer L2).  A range costs the same whether it is a
 * /30 or a /8.  Knows nothing of leases. */
#ifndef LAB_POOL_H
#define LAB_POOL_H

#include "addr.h"

typedef struct lab_pool_range {
  lab_ip4 low;
  lab_ip4 high;
  uint32_t order; /* of adding, from 0 */
} lab_pool_range;

typedef struct lab_pool {
  lab_pool_range *range; /* by address; they do not overlap */
  uint64_t *next;   /* by order: the first address not used yet; past the end when there is none */
  uint32_t *sorted; /* by order: where the range stands in `range` */
  size_t range_count;
  size_t open;         /* order of the first range that is not used up */
  lab_pool_range *gap; /* what is excluded, by address, joined where it touches */
  size_t gap_count;
} lab_pool;

void lab_pool_init(lab_pool *pool);
void lab_pool_free(lab_pool *pool);

/* LAB_ERR_RANGE: low > high, or it overlaps a range already there.  LAB_ERR_MEMORY. */
enum lab_status lab_pool_add(lab_pool *pool, lab_ip4 low, lab_ip4 high);
/* LAB_ERR_RANGE: low > high.  LAB_ERR_MEMORY.  What is excluded stays excluded. */
enum lab_status lab_pool_exclude(lab_pool *pool, lab_ip4 low, lab_ip4 high);

/* Whether the address is in a range and not excluded; then `order` (may be NULL) is its range's. */
bool lab_pool_has(const lab_pool *pool, lab_ip4 address, uint32_t *order);

/* The first address, in order of ranges and then of addresses, that lab_pool_pass has not
 * passed.  False at the end. */
bool lab_pool_fresh(const lab_pool *pool, lab_ip4 *address, uint32_t *order);
void lab_pool_pass(lab_pool *pool); /* goes beyond that address */
bool lab_pool_is_passed(const lab_pool *pool, lab_ip4 address, uint32_t order);

uint64_t lab_pool_size(const lab_pool *pool); /* addresses in ranges and not excluded */
size_t lab_pool_bytes(const lab_pool *pool);

#endif
