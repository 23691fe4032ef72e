/* The layer for x86-64 with mulx, adcx and adox. */
#if defined(__SIZEOF_INT128__) && defined(__x86_64__)
#define P256_ADX 1
#include "host/p256_scalar_layer.h"

const p256_functions pvh_p256_adx = {6, prepare, check_one, check_bare, check_round, sizeof(room)};
#else
typedef int pvh_no_p256_adx; /* C99 6.9: a translation unit is not empty */
#endif
