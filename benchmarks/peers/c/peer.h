/* peer.h: what a peer in C provides; peer.c speaks the protocol of README.md with it. */
#ifndef PEER_H
#define PEER_H

#include <stddef.h>
#include <time.h>

typedef struct peer_cert {
    const unsigned char *bytes;
    size_t len;
} peer_cert;

typedef struct peer_list {
    peer_cert *certs;
    size_t num_certs;
} peer_list;

/* What a chain is judged for. */
typedef struct peer_question {
    void *store;
    const char *host;
    time_t at;
} peer_question;

typedef enum peer_answer { PEER_CANNOT, PEER_REFUSE, PEER_ACCEPT } peer_answer;

const char *peer_version(void);

/* peer_make_store: NULL if it cannot be made. */
void *peer_make_store(const peer_list *roots);

void peer_free_store(void *store);

/* peer_judge: from DER to the verdict. If `words` is not NULL, it gets why not, of at most `words_len` bytes
 * with the final zero. */
peer_answer peer_judge(const peer_question *question, const peer_list *chain, char *words, size_t words_len);

#endif
