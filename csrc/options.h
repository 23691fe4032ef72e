/* options.h: what a build leaves out. Each option refuses what it cannot check. Without options, everything
 * is there. docs/devices.md tells what each refuses. */
#ifndef PV_OPTIONS_H
#define PV_OPTIONS_H

/* PV_NO_POLICIES, PV_NO_CRL, PV_NO_OCSP, PV_NO_NAME_CONSTRAINTS, PV_NO_POOL: parts that are not there. */

/* The longest path that can be found: target and intermediates, the anchor not counted. */
#ifndef PV_MAX_PATH
#define PV_MAX_PATH 24
#endif

/* The profiles of the build: PV_ALG_BIT of each pv_profile. Others are refused. */
#define PV_WITH_RFC5280 0x02
#define PV_WITH_WEBPKI  0x04
#define PV_WITH_DEVICE  0x08
#ifndef PV_PROFILES
#define PV_PROFILES (PV_WITH_RFC5280 | PV_WITH_WEBPKI | PV_WITH_DEVICE)
#endif

/* The signature algorithms of the build: PV_ALG_BIT of each pv_sig_alg, by families; the keys go with them.
 * A part of a family is all of it. Others are read as unknown, and refused; so is a target whose kind of key
 * is not known. */
#define PV_WITH_RSA_PKCS1 0x0000000E
#define PV_WITH_RSA_PSS   0x00000070
#define PV_WITH_ECDSA     0x00000380
#define PV_WITH_ED25519   0x00000400
#define PV_WITH_ED448     0x00000800
#define PV_WITH_ML_DSA    0x00007000
#define PV_WITH_DSA       0x00C00000
#define PV_WITH_LEGACY    0x03300000 /* hashes that no policy takes, known to be refused by name */
#define PV_WITH_ALL                                                                                          \
    (PV_WITH_RSA_PKCS1 | PV_WITH_RSA_PSS | PV_WITH_ECDSA | PV_WITH_ED25519 | PV_WITH_ED448 |                 \
     PV_WITH_ML_DSA | PV_WITH_DSA | PV_WITH_LEGACY)
#ifndef PV_ALGORITHMS
#define PV_ALGORITHMS PV_WITH_ALL
#endif
#define PV_WITH_ANY_RSA (PV_WITH_RSA_PKCS1 | PV_WITH_RSA_PSS)

/* The forms of names that constraints and subjects are compared in: bit n is form n of GeneralName. A subject
 * of another form is refused, and so is a certificate with a name of another form that some CA constrains; so
 * nothing hangs on what such a constraint says, and it is not read. */
#define PV_WITH_EMAIL          0x02
#define PV_WITH_DNS            0x04
#define PV_WITH_DIRECTORY_NAME 0x10
#define PV_WITH_URI            0x40
#define PV_WITH_IP             0x80
#ifndef PV_NAMES
#define PV_NAMES (PV_WITH_EMAIL | PV_WITH_DNS | PV_WITH_DIRECTORY_NAME | PV_WITH_URI | PV_WITH_IP)
#endif

/* Most requests that pv_validate takes in one call; more are PV_FAILED. */
#ifndef PV_MAX_REQUESTS
#define PV_MAX_REQUESTS 0x10000u
#endif

/* Most signatures of a path that are handed to the checker in one call; the rest follow in the next. */
#ifndef PV_MAX_DUE
#define PV_MAX_DUE PV_MAX_PATH
#endif

/* Most signatures that one request remembers; one that would need more is UNDECIDED. At most 65536. */
#ifndef PV_MAX_SIGNATURES
#define PV_MAX_SIGNATURES 0x10000u
#endif

/* Values are used in expressions as they stand, so that one of several parts must have parentheses. */
#define PV_IS_WHOLE(value)                                                                                   \
    ((2 * value) == (2 * (value)) && (value * 2) == ((value) * 2) && (1 + value) == (1 + (value)) &&         \
     (value + 1) == ((value) + 1) && (0 & value) == 0 && (value & 0) == 0)
#if !PV_IS_WHOLE(PV_PROFILES) || !PV_IS_WHOLE(PV_ALGORITHMS) || !PV_IS_WHOLE(PV_NAMES) ||                    \
    !PV_IS_WHOLE(PV_MAX_PATH) || !PV_IS_WHOLE(PV_MAX_REQUESTS) || !PV_IS_WHOLE(PV_MAX_DUE) ||                \
    !PV_IS_WHOLE(PV_MAX_SIGNATURES)
#error "an option's value needs parentheses: -D'PV_PROFILES=(PV_WITH_DEVICE|PV_WITH_RFC5280)'"
#endif

/* Above this, sizes and positions of jobs would no longer fit their types. */
#if PV_MAX_REQUESTS < 1 || PV_MAX_REQUESTS > 0x10000
#error "PV_MAX_REQUESTS is from 1 to 65536"
#endif

/* Whether any evidence of revocation can be judged. */
#if defined(PV_NO_CRL) && defined(PV_NO_OCSP)
#define PV_HAS_REVOCATION 0
#else
#define PV_HAS_REVOCATION 1
#endif

/* Whether keys may inherit their parameters (RFC 3279 2.3.2): DSA's alone do. */
#define PV_HAS_INHERITANCE (((PV_ALGORITHMS) & PV_WITH_DSA) != 0)

/* PV_NO_LOG: no line is written of what was tried (a request that lends room for lines is PV_FAILED), and the
 * reason of a refusal is the last one, not the one that came nearest to a valid path. */

/* PV_NO_NOTES: pv_cert.deviations tells only what DEVICE refuses a certificate for, and pv_profile_notes
 * nothing. The other profiles refuse for more. */
#ifdef PV_NO_NOTES
#define PV_HAS_NOTES 0
#if PV_PROFILES != PV_WITH_DEVICE
#error "PV_NO_NOTES is for builds with PV_PROFILES=PV_WITH_DEVICE"
#endif
#else
#define PV_HAS_NOTES 1
#endif

/* PV_SMALL: of two ways to the same answer, the shorter code is taken instead of the faster. Indexes are not
 * read: anchors are looked up one by one, which the budget's steps pay for. */
#ifdef PV_SMALL
#define PV_IS_SMALL 1
#else
#define PV_IS_SMALL 0
#endif

/* PV_OWN_FRAME: of a function that is called once, on the way to deeper ones. Compiled into its caller, its
 * locals would lie under all that the caller calls after it; by itself they are gone when it returns. Where
 * stack counts; other compilers may put the frames where they like. */
#if PV_IS_SMALL && defined(__GNUC__)
#define PV_OWN_FRAME __attribute__((noinline))
#else
#define PV_OWN_FRAME
#endif

#endif
