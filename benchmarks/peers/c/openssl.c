/* openssl.c: X509_verify_cert of the system's OpenSSL, with a name, a purpose and a time. */
#include "peer.h"

#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>

const char *peer_version(void) {
    return OpenSSL_version(OPENSSL_VERSION);
}

static X509 *load(const peer_cert *cert) {
    const unsigned char *at = cert->bytes;
    return d2i_X509(NULL, &at, (long)cert->len);
}

void *peer_make_store(const peer_list *roots) {
    X509_STORE *store = X509_STORE_new();
    for (size_t i = 0; store != NULL && i < roots->num_certs; i++) {
        X509 *root = load(&roots->certs[i]);
        if (root == NULL || X509_STORE_add_cert(store, root) != 1) {
            X509_STORE_free(store);
            store = NULL;
        }
        X509_free(root);
    }
    return store;
}

void peer_free_store(void *store) {
    X509_STORE_free(store);
}

static void say(char *words, size_t words_len, const char *text) {
    if (words != NULL) snprintf(words, words_len, "%s", text);
}

static peer_answer verify(const peer_question *question, X509 *leaf, STACK_OF(X509) * others, char *words,
                          size_t words_len) {
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    peer_answer answer = PEER_CANNOT;
    if (context != NULL && X509_STORE_CTX_init(context, question->store, leaf, others) == 1) {
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_time(param, question->at);
        X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
        X509_VERIFY_PARAM_set1_host(param, question->host, 0);
        answer = X509_verify_cert(context) == 1 ? PEER_ACCEPT : PEER_REFUSE;
        if (answer == PEER_REFUSE)
            say(words, words_len, X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    }
    X509_STORE_CTX_free(context);
    return answer;
}

peer_answer peer_judge(const peer_question *question, const peer_list *chain, char *words, size_t words_len) {
    X509 *leaf = load(&chain->certs[0]);
    STACK_OF(X509) *others = sk_X509_new_null();
    int loaded = leaf != NULL && others != NULL;
    for (size_t i = 1; loaded && i < chain->num_certs; i++) {
        X509 *cert = load(&chain->certs[i]);
        loaded = cert != NULL && sk_X509_push(others, cert) > 0;
    }
    peer_answer answer = PEER_REFUSE;
    if (loaded)
        answer = verify(question, leaf, others, words, words_len);
    else
        say(words, words_len, "a certificate cannot be read");
    X509_free(leaf);
    sk_X509_pop_free(others, X509_free);
    return answer;
}
