#include "host/host.h"

#include <string.h>

/* What is taken here must be taken by pyvalidator/pem.py as well, with the same result; what is odd in any
 * way is left to it. */

#define BEGIN_LINE "-----BEGIN CERTIFICATE-----"
#define END_LINE   "-----END CERTIFICATE-----"
#define NO_VALUE   (~63u) /* any of these bits: not a character of base64 */

/* The value of each character plus one; 0: it has none ("=" neither). */
static const uint8_t values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64};

static unsigned value(uint8_t character) {
    return values[character] - 1u;
}

/* Takes the next line off the text, without its end. A lone CR ends no line here: where it matters it is no
 * base64. */
static pv_span next_line(pv_span *text) {
    const uint8_t *end = memchr(text->data, '\n', text->len);
    size_t len = end ? (size_t)(end - text->data) : text->len;
    pv_span line = {text->data, len};
    text->data += end ? len + 1 : len;
    text->len -= end ? len + 1 : len;
    if (line.len > 0 && line.data[line.len - 1] == '\r') line.len--;
    return line;
}

static int is_line(pv_span line, const char *wanted, size_t len) {
    return line.len == len && memcmp(line.data, wanted, len) == 0;
}

static int has_dashes(pv_span line) {
    unsigned run = 0;
    for (size_t i = 0; i < line.len; i++) {
        run = line.data[i] == '-' ? run + 1 : 0;
        if (run == 5) return 1;
    }
    return 0;
}

/* Groups of four without padding. Returns where it stopped: the first group that is none, or the end. */
static size_t decode_groups(uint8_t **out, pv_span line) {
    uint8_t *to = *out;
    size_t at = 0;
    for (; at + 4 <= line.len; at += 4, to += 3) {
        unsigned a = value(line.data[at]), b = value(line.data[at + 1]);
        unsigned c = value(line.data[at + 2]), d = value(line.data[at + 3]);
        if ((a | b | c | d) & NO_VALUE) break;
        to[0] = (uint8_t)(a << 2 | b >> 4);
        to[1] = (uint8_t)(b << 4 | c >> 2);
        to[2] = (uint8_t)(c << 6 | d);
    }
    *out = to;
    return at;
}

/* The last group, of two or three characters and padding, whose spare bits are zero (RFC 4648 3.5). */
static int decode_padded(uint8_t **out, const uint8_t *group) {
    unsigned a = value(group[0]), b = value(group[1]), c = group[2] == '=' ? 0 : value(group[2]);
    if (((a | b | c) & NO_VALUE) || group[3] != '=') return 0;
    size_t len = group[2] == '=' ? 1 : 2;
    if (len == 1 ? (b & 0x0Fu) != 0 : (c & 0x03u) != 0) return 0;
    *(*out)++ = (uint8_t)(a << 2 | b >> 4);
    if (len == 2) *(*out)++ = (uint8_t)(b << 4 | c >> 2);
    return 1;
}

/* One block's lines up to its end; 0: it is not plain, or empty. */
static int decode_block(uint8_t **out, pv_span *text) {
    const uint8_t *first = *out;
    int is_padded = 0;
    while (text->len > 0) {
        pv_span line = next_line(text);
        if (is_line(line, END_LINE, sizeof END_LINE - 1)) return *out > first;
        if (is_padded || line.len == 0) return 0;
        size_t at = decode_groups(out, line);
        if (at == line.len) continue;
        if (line.len - at != 4 || !decode_padded(out, line.data + at)) return 0;
        is_padded = 1;
    }
    return 0;
}

uint32_t pvh_pem_certificates(uint8_t *out, uint32_t *lens, uint32_t max_blocks, const uint8_t *text,
                              size_t text_len) {
    pv_span rest = {text, text_len};
    uint32_t num = 0;
    while (rest.len > 0) {
        pv_span line = next_line(&rest);
        if (!is_line(line, BEGIN_LINE, sizeof BEGIN_LINE - 1)) {
            if (has_dashes(line)) return 0;
            continue;
        }
        uint8_t *end = out;
        if (num == max_blocks || !decode_block(&end, &rest) || (size_t)(end - out) > UINT32_MAX) return 0;
        lens[num++] = (uint32_t)(end - out);
        out = end;
    }
    return num;
}
