/* mbedtls_config.h: what the example takes of Mbed TLS 2.28: PSA, and the algorithms of one board. No TLS, no
 * X.509. DEVICE_P256_ONLY: the smallest that verifies anything. */
#ifndef DEVICE_MBEDTLS_CONFIG_H
#define DEVICE_MBEDTLS_CONFIG_H

#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_MD_C
#define MBEDTLS_OID_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM

/* Verifying takes no secrets: there is nothing to blind, and no random numbers are needed. The application's
 * mbedtls_psa_external_get_random refuses, so that nobody makes a key on a device without entropy. */
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#define MBEDTLS_ECP_NO_INTERNAL_RNG

/* Its allocations come out of one static array, which finds its errors itself: no libc heap, no stdio, no
 * exit. */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
#define MBEDTLS_MEMORY_ALIGN_MULTIPLE       8
#define MBEDTLS_MEMORY_DEBUG                /* keeps the peak, which the example prints */
#define MBEDTLS_PLATFORM_FPRINTF_MACRO(...) ((void)0)
#define MBEDTLS_PLATFORM_EXIT_MACRO         board_exit

/* One key is held at a time. */
#define MBEDTLS_PSA_KEY_SLOT_COUNT 2

#ifdef DEVICE_P256_ONLY
#define MBEDTLS_MPI_MAX_SIZE          66
#define MBEDTLS_MPI_WINDOW_SIZE       1
#define MBEDTLS_ECP_WINDOW_SIZE       2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_ECP_MAX_BITS          256
#else
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_SHA512_C
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_WRITE_C
#endif

#include "board.h"
#include "mbedtls/check_config.h"

#endif
