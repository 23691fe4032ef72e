/* board.h: what the example needs of the machine it runs on. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

void board_print(const char *text);

/* Ends the run; status 0 is success. */
_Noreturn void board_exit(int status);

/* Bytes of stack that were used so far at most; 0: this board does not know. */
uint32_t board_stack_used(void);

/* 1: reading a word at an address that is not a multiple of four faults here, 0: it does not, -1: not tried.
 */
int board_faults_unaligned(void);

#endif
