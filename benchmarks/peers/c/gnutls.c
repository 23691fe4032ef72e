/* gnutls.c: gnutls_x509_trust_list_verify_crt2, with a name, a purpose and a time. */
#include "peer.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>

static char version_text[64];
static time_t moment;

static time_t told_time(time_t *out) {
    if (out != NULL) *out = moment;
    return moment;
}

const char *peer_version(void) {
    snprintf(version_text, sizeof version_text, "GnuTLS %s", gnutls_check_version(NULL));
    return version_text;
}

static void free_certs(gnutls_x509_crt_t *certs, size_t num_certs) {
    for (size_t i = 0; i < num_certs; i++)
        gnutls_x509_crt_deinit(certs[i]);
    free(certs);
}

/* The error of the certificate that could not be loaded; then none is. */
static int load(const peer_list *list, gnutls_x509_crt_t **out) {
    gnutls_x509_crt_t *certs = calloc(list->num_certs, sizeof *certs);
    if (certs == NULL) return GNUTLS_E_MEMORY_ERROR;
    for (size_t i = 0; i < list->num_certs; i++) {
        gnutls_datum_t der = {(unsigned char *)list->certs[i].bytes, (unsigned int)list->certs[i].len};
        int error = gnutls_x509_crt_init(&certs[i]);
        if (error == 0) error = gnutls_x509_crt_import(certs[i], &der, GNUTLS_X509_FMT_DER);
        if (error != 0) {
            free_certs(certs, i + 1);
            return error;
        }
    }
    *out = certs;
    return 0;
}

void *peer_make_store(const peer_list *roots) {
    gnutls_x509_trust_list_t store = NULL;
    gnutls_x509_crt_t *certs = NULL;
    unsigned num_roots = (unsigned)roots->num_certs;
    if (gnutls_x509_trust_list_init(&store, num_roots) != 0 || load(roots, &certs) != 0) return NULL;
    int added = gnutls_x509_trust_list_add_cas(store, certs, num_roots, 0);
    free(certs); /* the list owns what was in it */
    return added == (int)num_roots ? store : NULL;
}

void peer_free_store(void *store) {
    gnutls_x509_trust_list_deinit(store, 1);
}

static void say(char *words, size_t words_len, const char *text) {
    if (words != NULL) snprintf(words, words_len, "%s", text);
}

static void say_status(char *words, size_t words_len, unsigned status) {
    gnutls_datum_t text = {NULL, 0};
    if (words == NULL) return;
    if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) == 0)
        say(words, words_len, (const char *)text.data);
    gnutls_free(text.data);
}

peer_answer peer_judge(const peer_question *question, const peer_list *chain, char *words, size_t words_len) {
    gnutls_typed_vdata_st wanted[] = {
        {GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)question->host, 0},
        {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER, 0},
    };
    gnutls_x509_crt_t *certs = NULL;
    unsigned status = 0;
    moment = question->at;
    gnutls_global_set_time_function(told_time);
    int error = load(chain, &certs);
    if (error == 0) {
        error = gnutls_x509_trust_list_verify_crt2(question->store, certs, (unsigned)chain->num_certs, wanted,
                                                   2, 0, &status, NULL);
        free_certs(certs, chain->num_certs);
    }
    if (error != 0) say(words, words_len, gnutls_strerror(error));
    if (error == 0 && status != 0) say_status(words, words_len, status);
    return error == 0 && status == 0 ? PEER_ACCEPT : PEER_REFUSE;
}
