/* The layer for every machine whose C has 128-bit products. */
#if defined(__SIZEOF_INT128__)
#define P256_ADX 0
#include "host/p256_scalar_layer.h"

const p256_functions pvh_p256_plain = {6, prepare, check_one, check_bare, check_round, sizeof(room)};
#else
typedef int pvh_no_p256_plain; /* C99 6.9: a translation unit is not empty */
#endif
