/* board_host.c: the same example as a program of this machine. */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>

void board_print(const char *text) {
    fputs(text, stdout);
}

_Noreturn void board_exit(int status) {
    exit(status);
}

uint32_t board_stack_used(void) {
    return 0;
}

int board_faults_unaligned(void) {
    return -1;
}
