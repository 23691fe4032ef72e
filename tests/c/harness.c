/* harness.c: see harness.h. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_TESTS 400

static struct {
    const char *name;
    harness_test run;
} tests[MAX_TESTS];
static size_t num_tests;
static const char *running;
static unsigned long faults;
unsigned long harness_checks;

/* What the running test was given: heap blocks (size 0) and mappings. */
typedef struct loan {
    struct loan *next;
    void *at;
    size_t size;
} loan;
static loan *loans;

static void *checked(void *at) {
    if (at != NULL && at != MAP_FAILED) return at;
    fprintf(stderr, "out of memory\n");
    exit(2);
}

static void lend(void *at, size_t size) {
    loan *one = checked(malloc(sizeof(*one)));
    *one = (loan){loans, at, size};
    loans = one;
}

static void give_back(void) {
    while (loans != NULL) {
        loan *one = loans;
        loans = one->next;
        if (one->size == 0)
            free(one->at);
        else
            munmap(one->at, one->size);
        free(one);
    }
}

void harness_register(const char *name, harness_test run) {
    if (num_tests == MAX_TESTS) abort();
    tests[num_tests].name = name;
    tests[num_tests++].run = run;
}

void harness_fail(const char *file, int line, const char *format, ...) {
    va_list arguments;
    faults++;
    printf("%s:%d: in %s: ", file, line, running);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

/* A test without a single check proves nothing: it fails. */
static int run_test(size_t i) {
    unsigned long faults_before = faults;
    unsigned long checks_before = harness_checks;
    running = tests[i].name;
    tests[i].run();
    give_back();
    if (harness_checks == checks_before) harness_fail(__FILE__, __LINE__, "nothing was checked");
    return faults == faults_before;
}

int main(int argc, char **argv) {
    const char *only = argc > 1 ? argv[1] : NULL;
    size_t passed = 0;
    size_t failed = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < num_tests; i++) {
        if (only != NULL && strcmp(only, tests[i].name) != 0) continue;
        if (run_test(i))
            passed++;
        else
            failed++;
    }
    const char *name = strrchr(argv[0], '/');
    printf("%s: %zu passed, %zu failed, %lu checks\n", name != NULL ? name + 1 : argv[0], passed, failed,
           harness_checks);
    return failed != 0 || passed == 0;
}

/* --- Guards --- */

guard guard_make(size_t room) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t readable = (room / page + 1) * page;
    size_t size = readable + 2 * page;
    uint8_t *at = checked(mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    lend(at, size);
    if (mprotect(at + page, readable, PROT_READ | PROT_WRITE) != 0) exit(2);
    return (guard){at + page, readable};
}

pv_span guard_lay(const guard *g, pv_span bytes, int at_end) {
    uint8_t *at = at_end ? g->first + g->room - bytes.len : g->first;
    if (bytes.len > g->room) abort();
    if (bytes.len > 0) memcpy(at, bytes.data, bytes.len);
    return (pv_span){at, bytes.len};
}

pv_span guarded(pv_span bytes) {
    guard g = guard_make(bytes.len);
    return guard_lay(&g, bytes, 1);
}

pv_span guarded_start(pv_span bytes) {
    guard g = guard_make(bytes.len);
    return guard_lay(&g, bytes, 0);
}

/* --- Bytes and DER --- */

static uint8_t *room_for(size_t len) {
    uint8_t *at = checked(calloc(1, len + 1));
    lend(at, 0);
    return at;
}

pv_span blank(size_t len) {
    return (pv_span){room_for(len), len};
}

pv_span text(const char *characters) {
    return (pv_span){(const uint8_t *)characters, strlen(characters)};
}

pv_span repeat(uint8_t byte, size_t len) {
    uint8_t *at = room_for(len);
    memset(at, byte, len);
    return (pv_span){at, len};
}

static unsigned digit(char c) {
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    if (c >= 'A' && c <= 'F') return (unsigned)(c - 'A' + 10);
    if (c >= 'a' && c <= 'f') return (unsigned)(c - 'a' + 10);
    fprintf(stderr, "not hexadecimal: %c\n", c);
    abort();
}

pv_span HEX(const char *digits) {
    uint8_t *at = room_for(strlen(digits) / 2 + 1);
    size_t half = 0;
    for (; *digits != 0; digits++) {
        if (*digits == ' ') continue;
        at[half / 2] = (uint8_t)((unsigned)at[half / 2] << 4 | digit(*digits));
        half++;
    }
    if (half % 2 != 0) abort();
    return (pv_span){at, half / 2};
}

pv_span join(const pv_span *parts, size_t num) {
    size_t len = 0;
    for (size_t i = 0; i < num; i++)
        len += parts[i].len;
    uint8_t *at = room_for(len);
    pv_span all = {at, len};
    for (size_t i = 0; i < num; i++) {
        if (parts[i].len > 0) memcpy(at, parts[i].data, parts[i].len);
        at += parts[i].len;
    }
    return all;
}

static pv_span header(uint8_t tag, size_t len) {
    uint8_t *at = room_for(2 + sizeof len);
    size_t num = 0;
    at[0] = tag;
    at[1] = (uint8_t)len;
    if (len < 0x80) return (pv_span){at, 2};
    for (size_t rest = len; rest != 0; rest >>= 8)
        num++;
    at[1] = (uint8_t)(0x80 | num);
    for (size_t i = 0; i < num; i++)
        at[2 + i] = (uint8_t)(len >> 8 * (num - 1 - i));
    return (pv_span){at, 2 + num};
}

pv_span tlv(uint8_t tag, const pv_span *parts, size_t num) {
    pv_span contents = join(parts, num);
    return JOIN(header(tag, contents.len), contents);
}

pv_span EMPTY(uint8_t tag) {
    return header(tag, 0);
}

pv_span NUL(void) {
    return EMPTY(0x05);
}

pv_span INT(unsigned long value) {
    uint8_t bytes[9];
    size_t at = sizeof(bytes);
    do {
        bytes[--at] = (uint8_t)value;
        value >>= 8;
    } while (value != 0);
    if (bytes[at] >= 0x80) bytes[--at] = 0;
    pv_span contents = {bytes + at, sizeof(bytes) - at};
    return tlv(0x02, &contents, 1);
}

pv_span OID(const char *hex_contents) {
    return TLV(0x06, HEX(hex_contents));
}

pv_span STR(uint8_t tag, const char *characters) {
    return TLV(tag, text(characters));
}

pv_span BITS(uint8_t unused, pv_span octets) {
    pv_span first = {&unused, 1};
    return TLV(0x03, first, octets);
}

pv_span OCTETS(pv_span contents) {
    return TLV(0x04, contents);
}

uint32_t where(pv_span whole, pv_span part) {
    for (size_t i = 0; i + part.len <= whole.len; i++)
        if (memcmp(whole.data + i, part.data, part.len) == 0) return (uint32_t)i;
    fprintf(stderr, "in %s: the bytes looked for are not there\n", running);
    abort();
}

int inside(pv_span whole, pv_span part) {
    if (part.data == NULL) return part.len == 0;
    return part.data >= whole.data && part.len <= whole.len &&
           (size_t)(part.data - whole.data) <= whole.len - part.len;
}
