/* count.c: how many instructions the core takes before cryptography, for each case of a leaf and one
 * intermediate, reading them included; the most of them must be within MOST_INSTRUCTIONS. For QEMU with
 * -icount shift=0, under which SysTick (Armv6-M and later) counts virtual time, a nanosecond an instruction.
 */
#include "board.h"
#include "cases.h"

#include <string.h>

#ifndef MOST_INSTRUCTIONS
#define MOST_INSTRUCTIONS 100000u
#endif

#define SYST_CSR  (*(volatile uint32_t *)0xE000E010u) /* control and status */
#define SYST_RVR  (*(volatile uint32_t *)0xE000E014u) /* reload value */
#define SYST_CVR  (*(volatile uint32_t *)0xE000E018u) /* current value: it counts down */
#define SYST_MOST 0xFFFFFFu

typedef struct figures {
    uint32_t reading, before, behind; /* instructions */
} figures;

static uint64_t workspace[WORKSPACE_BYTES / sizeof(uint64_t)];
static uint32_t entered, left;

static uint32_t ticks(void) {
    return SYST_MOST - SYST_CVR;
}

/* A loop of 200,000 instructions tells how many there are to a tick. */
static uint32_t start_counting(void) {
    uint32_t rounds = 100000;
    SYST_RVR = SYST_MOST;
    SYST_CVR = 0;
    SYST_CSR = 5u;          /* on, by the processor's clock, without interrupts */
    while (SYST_CVR == 0) { /* it is loaded at the next tick */
    }
    uint32_t begin = ticks();
    __asm__ volatile(".syntax unified\n1:\n\tsubs %0, #1\n\tbne 1b" : "+l"(rounds) : : "cc");
    uint32_t taken = ticks() - begin;
    return (200000u + taken / 2) / taken;
}

/* Cryptography that takes no time and finds everything good: for counting alone. */
static void check(void *ctx, pv_job *jobs, size_t num_jobs) {
    (void)ctx;
    if (entered == 0) entered = ticks();
    for (size_t i = 0; i < num_jobs; i++)
        jobs[i].result = PV_SIG_GOOD;
    left = ticks();
}

static size_t digest(void *ctx, void *state, uint8_t *out, pv_digest_step step, pv_digest_alg alg,
                     pv_span data) {
    (void)ctx, (void)state, (void)out, (void)step, (void)alg, (void)data;
    return 0;
}

static pv_policy policy_for(const device_case *asked) {
    pv_policy policy = {0};
    policy.profile = PV_PROFILE_DEVICE;
    policy.purpose = asked->purpose;
    policy.anchor_checks = asked->anchor_checks;
    policy.max_intermediates = 4;
    policy.min_rsa_bits = 2048;
    policy.algorithms = PV_ALG_BIT(PV_SIG_ECDSA_SHA256) | PV_ALG_BIT(PV_SIG_ECDSA_SHA384);
    policy.budget = (pv_budget){SIGNATURE_UNITS, 200, 2000, 0, 32768};
    return policy;
}

/* Returns 0 if the case comes to no cryptography. */
static int count(figures *out, const device_case *asked) {
    static const pv_checker checker = {NULL, check, digest};
    static pv_cert certs[2];
    static const pv_cert *const chain[2] = {&certs[0], &certs[1]};
    pv_policy policy = policy_for(asked);
    pv_fault fault;
    pv_request request = {.certs = chain, .num_certs = 2, .store = asked->store, .policy = &policy};
    request.subject = (pv_subject){{(const uint8_t *)asked->dns, strlen(asked->dns)}, PV_SUBJECT_DNS};
    request.time = asked->time;
    entered = left = 0;
    uint32_t begin = ticks();
    for (int i = 0; i < 2; i++)
        (void)pv_cert_parse(&certs[i], &fault, asked->chain[i]);
    out->reading = ticks() - begin;
    (void)pv_validate(workspace, sizeof workspace, &request, 1, &checker);
    out->behind = ticks() - left;
    out->before = entered - begin;
    return entered != 0 && request.verdict.outcome == PV_OUTCOME_TRUSTED;
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

int main(void) {
    uint32_t each = start_counting(), num = 0;
    figures most = {0, 0, 0};
    for (uint32_t i = 0; i < num_device_cases; i++) {
        figures found;
        if (device_cases[i].num_certs != 2 || !count(&found, &device_cases[i])) continue;
        if (found.before > most.before) most = found;
        num++;
    }
    print_number("leaf and intermediate, the most of ", num, " cases, in instructions:\n");
    print_number("  reading both: ", most.reading * each, "\n");
    print_number("  until cryptography, that included: ", most.before * each, "\n");
    print_number("  after it: ", most.behind * each, "\n");
    return num == 0 || most.before * each > MOST_INSTRUCTIONS;
}
