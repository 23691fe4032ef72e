/* main.c: judges every case of the table, and prints the verdicts. Lines that begin with "#" are figures. */
#include "board.h"
#include "cases.h"
#include "psa_checker.h"

#include <mbedtls/memory_buffer_alloc.h>
#include <psa/crypto.h>
#include <string.h>

/* All the memory there is, beside the stack. The crypto heap is Mbed TLS's own. */
static uint64_t workspace[WORKSPACE_BYTES / sizeof(uint64_t)];
static uint8_t crypto_heap[CRYPTO_HEAP_BYTES];
static pv_cert certs[MAX_CERTS];
static const pv_cert *chain[MAX_CERTS];
static pv_request request;

/* There is no entropy here, and none is needed to verify: whoever wants random numbers is refused. */
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *output,
                                             size_t output_size, size_t *output_length) {
    (void)context;
    memset(output, 0, output_size);
    *output_length = 0;
    return PSA_ERROR_INSUFFICIENT_ENTROPY;
}

static const char *reason_name(pv_reason reason) {
    switch (reason) {
#define PV_REASON(number, name, clause, text, mend)                                                          \
    case number: return #name;
#include "reasons.def"
#undef PV_REASON
    default: return "?";
    }
}

static const char *outcome_name(uint8_t outcome) {
    switch (outcome) {
    case PV_OUTCOME_TRUSTED: return "TRUSTED";
    case PV_OUTCOME_REFUSED: return "REFUSED ";
    case PV_OUTCOME_UNDECIDED: return "UNDECIDED ";
    default: return "NONE ";
    }
}

static void print_number(const char *before, uint32_t number, const char *behind) {
    char digits[11], *at = digits + sizeof digits - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    board_print(before);
    board_print(at);
    board_print(behind);
}

/* The rules of devices: RFC 5280 path validation, every rule that carries security, ECDSA and RSA with SHA-2.
 * The budget bounds the work of one request, whatever a peer sends. */
static pv_policy policy_for(const device_case *asked) {
    pv_policy policy = {0};
    policy.profile = PV_PROFILE_DEVICE;
    policy.purpose = asked->purpose;
    policy.anchor_checks = asked->anchor_checks;
    policy.max_intermediates = 4;
    policy.min_rsa_bits = 2048;
    policy.algorithms = PV_ALG_BIT(PV_SIG_ECDSA_SHA256) | PV_ALG_BIT(PV_SIG_ECDSA_SHA384) |
                        PV_ALG_BIT(PV_SIG_RSA_PKCS1_SHA256) | PV_ALG_BIT(PV_SIG_RSA_PSS_SHA256);
    policy.budget = (pv_budget){SIGNATURE_UNITS, 200, 2000, 0, 32768};
    return policy;
}

/* What cannot be read stays a zeroed view, which the search passes over: a peer's rubbish beside a good path
 * does no harm. */
static void read_chain(const device_case *asked) {
    for (uint8_t i = 0; i < asked->num_certs; i++) {
        pv_fault fault;
        (void)pv_cert_parse(&certs[i], &fault, asked->chain[i]);
        chain[i] = &certs[i];
    }
}

static void fill_request(const device_case *asked, const pv_policy *policy) {
    memset(&request, 0, sizeof request);
    request.certs = chain;
    request.num_certs = asked->num_certs;
    request.store = asked->store;
    request.policy = policy;
    request.subject.kind = PV_SUBJECT_DNS;
    request.subject.value = (pv_span){(const uint8_t *)asked->dns, strlen(asked->dns)};
    request.time = asked->time;
}

static void judge(const device_case *asked) {
    pv_policy policy = policy_for(asked);
    read_chain(asked);
    fill_request(asked, &policy);
    pv_status status = pv_validate(workspace, sizeof workspace, &request, 1, &psa_checker);
    uint8_t outcome = status == PV_DONE ? request.verdict.outcome : (uint8_t)PV_OUTCOME_NONE;
    board_print(asked->name);
    board_print(": ");
    board_print(outcome_name(outcome));
    board_print(outcome == PV_OUTCOME_TRUSTED ? "" : reason_name(request.verdict.reason));
    board_print("\n");
}

/* The last line before the figures: what the machine does with unaligned words, which no case may need. */
static void print_gate(void) {
    static const char *const said[] = {"not tried", "work", "fault"};
    board_print("unaligned loads: ");
    board_print(said[board_faults_unaligned() + 1]);
    board_print("\n");
}

static void print_figures(void) {
    size_t heap = 0, blocks = 0;
    pv_policy policy = policy_for(&device_cases[0]);
    mbedtls_memory_buffer_alloc_max_get(&heap, &blocks);
    print_number("# workspace wanted: ", (uint32_t)pv_workspace_size(1, MAX_CERTS, &policy), " bytes\n");
    print_number("# a certificate's view: ", (uint32_t)sizeof(pv_cert), " bytes\n");
    print_number("# Mbed TLS's heap at most: ", (uint32_t)heap, " bytes\n");
    print_number("# stack used at most: ", board_stack_used(), " bytes\n");
}

int main(void) {
    mbedtls_memory_buffer_alloc_init(crypto_heap, sizeof crypto_heap);
    if (psa_crypto_init() != PSA_SUCCESS) return 1;
    for (uint32_t i = 0; i < num_device_cases; i++) {
        judge(&device_cases[i]);
    }
    print_gate();
    print_figures();
    board_print("done\n");
    return 0;
}
