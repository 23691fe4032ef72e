/* crl_libcrypto.c: what libcrypto takes for a CRL: reading it, the first look-up (which sorts the entries), a
 * hit and a miss.
 *
 *     crl_libcrypto FILE HIT MISS     (DER; serial numbers in hexadecimal)
 *
 * Prints nanoseconds: parse, first look-up, hit, miss. Fails if an answer is wrong. */
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LOOKUPS 64

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

static unsigned char *read_file(const char *path, long *len) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) return NULL;
    *len = ftell(file);
    rewind(file);
    unsigned char *data = malloc((size_t)*len);
    if (data != NULL && fread(data, 1, (size_t)*len, file) != (size_t)*len) data = NULL;
    fclose(file);
    return data;
}

static ASN1_INTEGER *serial_of(const char *hex) {
    BIGNUM *number = NULL;
    if (BN_hex2bn(&number, hex) == 0) return NULL;
    ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(number, NULL);
    BN_free(number);
    return serial;
}

/* Nanoseconds of one look-up, the mean of `num`; -1: the answer is not `expected`. */
static long long look_up(X509_CRL *crl, ASN1_INTEGER *serial, int expected, int num) {
    long long begin = now();
    for (int i = 0; i < num; i++) {
        X509_REVOKED *found = NULL;
        if (X509_CRL_get0_by_serial(crl, &found, serial) != expected) return -1;
    }
    return (now() - begin) / num;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    long len = 0;
    unsigned char *der = read_file(argv[1], &len);
    ASN1_INTEGER *hit = serial_of(argv[2]), *miss = serial_of(argv[3]);
    if (der == NULL || hit == NULL || miss == NULL) return 2;
    const unsigned char *cursor = der;
    X509_CRL_free(d2i_X509_CRL(NULL, &cursor, len)); /* the library sets itself up at the first one */
    cursor = der;
    long long begin = now();
    X509_CRL *crl = d2i_X509_CRL(NULL, &cursor, len);
    long long parse = now() - begin;
    if (crl == NULL) return 1;
    long long first = look_up(crl, hit, 1, 1);
    long long found = look_up(crl, hit, 1, LOOKUPS), missed = look_up(crl, miss, 0, LOOKUPS);
    if (first < 0 || found < 0 || missed < 0) return 1;
    printf("%lld %lld %lld %lld\n", parse, first, found, missed);
    return 0;
}
