/* peer.c: the protocol of README.md, for peers in C. What is wrong with the input ends the process. */
#define _POSIX_C_SOURCE 200809L
#include "peer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NAMED = 64, MAX_WORDS = 512 };

typedef struct named_store {
    char name[64];
    void *store;
} named_store;

typedef struct named_case {
    char name[64];
    char host[256];
    peer_question question;
    peer_list *chains;
    size_t num_chains;
    size_t next;
} named_case;

static named_store stores[MAX_NAMED];
static named_case cases[MAX_NAMED];
static size_t num_stores;
static size_t num_cases;

static void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void *allocate(size_t num, size_t size) {
    void *made = calloc(num > 0 ? num : 1, size);
    if (made == NULL) fail("out of memory");
    return made;
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* --- Files; their bytes live as long as the process */

static const unsigned char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) fail("a file cannot be opened");
    long size = ftell(file);
    if (size < 0 || fseek(file, 0, SEEK_SET) != 0) fail("a file cannot be read");
    unsigned char *bytes = allocate((size_t)size, 1);
    if (fread(bytes, 1, (size_t)size, file) != (size_t)size) fail("a file cannot be read");
    fclose(file);
    return bytes;
}

static size_t read_number(const unsigned char **at) {
    const unsigned char *p = *at;
    *at += 4;
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

static peer_list read_list(const unsigned char **at) {
    peer_list list = {NULL, read_number(at)};
    list.certs = allocate(list.num_certs, sizeof *list.certs);
    for (size_t i = 0; i < list.num_certs; i++) {
        list.certs[i].len = read_number(at);
        list.certs[i].bytes = *at;
        *at += list.certs[i].len;
    }
    return list;
}

/* --- Commands */

static named_store *find_store(const char *name) {
    for (size_t i = 0; i < num_stores; i++)
        if (strcmp(stores[i].name, name) == 0) return &stores[i];
    return NULL;
}

static named_case *find_case(const char *name) {
    for (size_t i = 0; i < num_cases; i++)
        if (strcmp(cases[i].name, name) == 0) return &cases[i];
    fail("no such case");
    return NULL;
}

static void answer_store(const char *name, const char *path) {
    const unsigned char *at = read_file(path);
    peer_list roots = read_list(&at);
    int64_t begin = now_ns();
    void *made = peer_make_store(&roots);
    int64_t elapsed = now_ns() - begin;
    if (made == NULL) {
        printf("cannot build a store\n");
        return;
    }
    named_store *slot = find_store(name);
    if (slot != NULL) {
        /* Cases may still point to the old one: a store is built again only to time it. */
        peer_free_store(made);
    } else if (num_stores < MAX_NAMED) {
        slot = &stores[num_stores++];
        snprintf(slot->name, sizeof slot->name, "%s", name);
        slot->store = made;
    } else {
        fail("too many stores");
    }
    printf("ok %lld\n", (long long)elapsed);
}

static void answer_case(const char *name, const char *path, const char *store, const char *host,
                        long long at) {
    named_store *found = find_store(store);
    if (found == NULL || num_cases == MAX_NAMED) fail("no such store, or too many cases");
    named_case *slot = &cases[num_cases++];
    const unsigned char *bytes = read_file(path);
    snprintf(slot->name, sizeof slot->name, "%s", name);
    snprintf(slot->host, sizeof slot->host, "%s", host);
    slot->question.store = found->store;
    slot->question.host = slot->host;
    slot->question.at = (time_t)at;
    slot->num_chains = read_number(&bytes);
    slot->chains = allocate(slot->num_chains, sizeof *slot->chains);
    for (size_t i = 0; i < slot->num_chains; i++)
        slot->chains[i] = read_list(&bytes);
    printf("ok\n");
}

static void answer_ask(const char *name) {
    const named_case *asked = find_case(name);
    char words[MAX_WORDS] = "";
    size_t num_accepted = 0;
    for (size_t i = 0; i < asked->num_chains; i++) {
        char said[MAX_WORDS] = "";
        peer_answer answer = peer_judge(&asked->question, &asked->chains[i], said, sizeof said);
        for (char *c = said; *c != 0; c++)
            if (*c == '\n' || *c == '\r') *c = ' ';
        if (answer == PEER_CANNOT) {
            printf("cannot %s\n", said);
            return;
        }
        if (answer == PEER_ACCEPT) num_accepted++;
        if (words[0] == 0) memcpy(words, said, sizeof words);
    }
    if (num_accepted == asked->num_chains)
        printf("accept\n");
    else
        printf("%s %s\n", num_accepted == 0 ? "refuse" : "mixed", words);
}

static void answer_run(const char *name, size_t num) {
    named_case *asked = find_case(name);
    int64_t *times = allocate(num, sizeof *times);
    size_t num_accepted = 0;
    for (size_t i = 0; i < num; i++) {
        const peer_list *chain = &asked->chains[asked->next];
        int64_t begin = now_ns();
        peer_answer answer = peer_judge(&asked->question, chain, NULL, 0);
        times[i] = now_ns() - begin;
        if (answer == PEER_CANNOT) fail("a chain could not be judged");
        if (answer == PEER_ACCEPT) num_accepted++;
        asked->next = (asked->next + 1) % asked->num_chains;
    }
    printf("%s", num_accepted == num ? "accept" : num_accepted == 0 ? "refuse" : "mixed");
    for (size_t i = 0; i < num; i++)
        printf(" %lld", (long long)times[i]);
    printf("\n");
    free(times);
}

static void answer_line(const char *line) {
    char name[64], path[4096], store[64], host[256];
    long long number = 0;
    if (strncmp(line, "version", 7) == 0)
        printf("%s\n", peer_version());
    else if (sscanf(line, "store %63s %4095s", name, path) == 2)
        answer_store(name, path);
    else if (sscanf(line, "case %63s %4095s %63s %255s %lld", name, path, store, host, &number) == 5)
        answer_case(name, path, store, host, number);
    else if (sscanf(line, "ask %63s", name) == 1)
        answer_ask(name);
    else if (sscanf(line, "run %63s %lld", name, &number) == 2 && number > 0)
        answer_run(name, (size_t)number);
    else
        fail("no such command");
    fflush(stdout);
}

int main(void) {
    static char line[8192];
    while (fgets(line, sizeof line, stdin) != NULL)
        answer_line(line);
    return 0;
}
