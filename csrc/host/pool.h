/* pool.h: candidate intermediates that requests share. Trusted by nobody. */
#ifndef PV_HOST_POOL_H
#define PV_HOST_POOL_H

#include "host/host.h"

const pv_pool *pvh_pool_core(const pvh_pool *pool);

#endif
