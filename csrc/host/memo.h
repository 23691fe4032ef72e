/* memo.h: the few keys that are known to have signed one thing: a certificate, a CRL, an OCSP response. */
#ifndef PV_HOST_MEMO_H
#define PV_HOST_MEMO_H

#include "pyvalidator.h"

#include <stdatomic.h>

#define PVH_MEMO_KEYS 4u

/* A key is written whole before its pointer is set, and never changed or freed before the memo is. So readers
 * need no lock; a writer that finds the place taken lets it be. */
typedef struct pvh_memo {
    _Atomic(pv_span *) keys[PVH_MEMO_KEYS];
    unsigned epoch;  /* in which it was made: see pvh_memo_void */
    uint8_t is_open; /* whoever finds out that a key signed may add it; else only the owner does */
} pvh_memo;

/* pvh_memo_init: no key is known. pvh_memo_clear frees what was added; nobody may be reading. */
void pvh_memo_init(pvh_memo *memo, int is_open);
void pvh_memo_clear(pvh_memo *memo);

/* pvh_memo_void: what found that keys had signed was wrong. No memo that was made until now remembers
 * anything any more, nor will it. pvh_memo_epoch: how often that was; what was found before one is for memos
 * of then. */
void pvh_memo_void(void);
unsigned pvh_memo_epoch(void);

/* pvh_memo_has: whether exactly this key was found before to have signed what the memo belongs to. */
int pvh_memo_has(const pvh_memo *memo, pv_span spki);

/* pvh_memo_add remembers that it has. Only a key that did may be given, and only a few are kept. */
void pvh_memo_add(pvh_memo *memo, pv_span spki);

#endif
