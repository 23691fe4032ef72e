/* raw_verify.c: the floor of a chain check, measured where it happens: libcrypto's own signature checks with
 * keys and contexts set up beforehand, timed in C, so that no cost of the caller's language is in the figure.
 * Functions are found in the library at run time; their declarations are written out here. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

typedef struct raw_library {
    void *handle;
    const char *(*version)(int);
    void *(*read_key)(void **, const unsigned char **, long);
    void (*free_key)(void *);
    void *(*new_context)(void *, void *);
    void (*free_context)(void *);
    int (*verify_init)(void *);
    int (*verify)(void *, const unsigned char *, size_t, const unsigned char *, size_t);
    int (*control)(void *, const char *, const char *);
    const void *(*digest_by_name)(const char *);
    void *(*fetch_digest)(void *, const char *, const char *);
    int (*digest)(const void *, size_t, unsigned char *, unsigned int *, const void *, void *);
    void *(*new_message)(void);
    void (*free_message)(void *);
    int (*message_init)(void *, void **, const void *, void *, void *);
    int (*message_verify)(void *, const unsigned char *, size_t, const unsigned char *, size_t);
} raw_library;

/* `digest` is its name, such as "SHA256"; NULL for Ed25519, which signs the message itself. */
typedef struct raw_edge {
    void *key;
    void *context;
    const char *digest;
    const void *md;
    const unsigned char *signed_bytes;
    size_t signed_len;
    const unsigned char *signature;
    size_t signature_len;
} raw_edge;

/* POSIX promises that a pointer from dlsym fits a function pointer; ISO C has no cast for it. */
static int find(void *handle, const char *name, void *slot) {
    void *symbol = dlsym(handle, name);
    if (symbol != NULL) *(void **)slot = symbol;
    return symbol != NULL;
}

static int find_all(raw_library *lib) {
    return find(lib->handle, "OpenSSL_version", &lib->version) &&
           find(lib->handle, "d2i_PUBKEY", &lib->read_key) &&
           find(lib->handle, "EVP_PKEY_free", &lib->free_key) &&
           find(lib->handle, "EVP_PKEY_CTX_new", &lib->new_context) &&
           find(lib->handle, "EVP_PKEY_CTX_free", &lib->free_context) &&
           find(lib->handle, "EVP_PKEY_verify_init", &lib->verify_init) &&
           find(lib->handle, "EVP_PKEY_verify", &lib->verify) &&
           find(lib->handle, "EVP_PKEY_CTX_ctrl_str", &lib->control) &&
           find(lib->handle, "EVP_get_digestbyname", &lib->digest_by_name) &&
           find(lib->handle, "EVP_Digest", &lib->digest) &&
           find(lib->handle, "EVP_MD_CTX_new", &lib->new_message) &&
           find(lib->handle, "EVP_MD_CTX_free", &lib->free_message) &&
           find(lib->handle, "EVP_DigestVerifyInit", &lib->message_init) &&
           find(lib->handle, "EVP_DigestVerify", &lib->message_verify);
}

/* From 3.0 on a digest fetched once spares a look-up in each call. */
static const void *find_digest(const raw_library *lib, const char *name) {
    if (lib->fetch_digest != NULL) return lib->fetch_digest(NULL, name, NULL);
    return lib->digest_by_name(name);
}

/* raw_open: NULL if the library or one of the functions is not there. Never closed: it lives with the
 * process. */
raw_library *raw_open(const char *path) {
    raw_library *lib = calloc(1, sizeof *lib);
    if (lib == NULL) return NULL;
    lib->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (lib->handle == NULL || !find_all(lib)) {
        free(lib);
        return NULL;
    }
    find(lib->handle, "EVP_MD_fetch", &lib->fetch_digest);
    return lib;
}

const char *raw_version(const raw_library *lib) {
    return lib->version(0);
}

/* raw_set_up prepares one signature check; the bytes and the digest's name stay the caller's. 1: done. */
int raw_set_up(const raw_library *lib, raw_edge *edge, const unsigned char *spki, size_t spki_len) {
    edge->key = lib->read_key(NULL, &spki, (long)spki_len);
    if (edge->key == NULL) return 0;
    if (edge->digest == NULL) {
        edge->context = lib->new_message();
        return edge->context != NULL;
    }
    edge->md = find_digest(lib, edge->digest);
    edge->context = lib->new_context(edge->key, NULL);
    return edge->md != NULL && edge->context != NULL && lib->verify_init(edge->context) == 1 &&
           lib->control(edge->context, "digest", edge->digest) > 0;
}

void raw_tear_down(const raw_library *lib, raw_edge *edge) {
    if (edge->digest == NULL)
        lib->free_message(edge->context);
    else
        lib->free_context(edge->context);
    lib->free_key(edge->key);
}

/* A context of this kind is for one message, so it is begun anew each time. */
static int verify_message(const raw_library *lib, const raw_edge *edge) {
    return lib->message_init(edge->context, NULL, NULL, NULL, edge->key) == 1 &&
           lib->message_verify(edge->context, edge->signature, edge->signature_len, edge->signed_bytes,
                               edge->signed_len) == 1;
}

static int verify_edge(const raw_library *lib, const raw_edge *edge) {
    unsigned char digest[64];
    unsigned int digest_len = 0;
    if (edge->digest == NULL) return verify_message(lib, edge);
    if (lib->digest(edge->signed_bytes, edge->signed_len, digest, &digest_len, edge->md, NULL) != 1) return 0;
    return lib->verify(edge->context, edge->signature, edge->signature_len, digest, digest_len) == 1;
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* raw_measure: nanoseconds for one check of every edge; below 0 if a signature did not verify. */
int64_t raw_measure(const raw_library *lib, const raw_edge *edges, size_t num_edges) {
    int64_t begin = now_ns();
    int good = 1;
    for (size_t i = 0; i < num_edges; i++)
        good &= verify_edge(lib, &edges[i]);
    return good ? now_ns() - begin : -1;
}
