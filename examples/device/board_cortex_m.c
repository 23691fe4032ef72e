/* board_cortex_m.c: vectors, startup, and semihosting for a Cortex-M: enough to run under QEMU or a debugger.
 * Armv6-M and later. */
#include "board.h"

/* Set by cortex_m.ld. */
extern uint32_t ld_data_start[], ld_data_end[], ld_data_load[], ld_bss_start[], ld_bss_end[], ld_stack_top[];

int main(void);
void board_reset(void);
void board_fault(void);
void board_fault_at(uint32_t *frame);

#define PAINT 0xA5A5A5A5u

/* Arm semihosting (ARM IHI 0100): operations of the debugger. */
#define SYS_WRITE0        0x04u
#define SYS_EXIT_EXTENDED 0x20u
#define APPLICATION_EXIT  0x20026u

static uint32_t semihost(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void board_print(const char *text) {
    (void)semihost(SYS_WRITE0, text);
}

_Noreturn void board_exit(int status) {
    const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)status};
    (void)semihost(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

/* --- The stack grows down to the end of .bss; what is above the lowest changed word was used. --- */

static void paint_stack(void) {
    uint32_t *here = (uint32_t *)__builtin_frame_address(0) - 16;
    for (uint32_t *word = ld_bss_end; word < here; word++) {
        *word = PAINT;
    }
}

uint32_t board_stack_used(void) {
    const uint32_t *word = ld_bss_end;
    while (word < ld_stack_top && *word == PAINT) {
        word++;
    }
    return (uint32_t)((uintptr_t)ld_stack_top - (uintptr_t)word);
}

/* --- Faults --- */

static volatile int fault_is_expected;

/* The probe's load is one halfword: the frame's return address is moved past it. Any other fault ends the
 * run. */
void board_fault_at(uint32_t *frame) {
    if (!fault_is_expected) {
        board_print("FAULT\n");
        board_exit(2);
    }
    fault_is_expected = 0;
    frame[6] += 2;
}

__attribute__((naked)) void board_fault(void) {
    __asm__ volatile("mrs r0, msp\n\t"
                     "push {r0, lr}\n\t"
                     "bl board_fault_at\n\t"
                     "pop {r0, pc}\n\t");
}

int board_faults_unaligned(void) {
    static const uint32_t words[2] = {0, 0};
    uint32_t address = (uint32_t)words + 1, value = 0;
    fault_is_expected = 1;
    __asm__ volatile(".align 2\n\tldr %0, [%1]" : "+l"(value) : "l"(address) : "memory");
    int faulted = !fault_is_expected;
    fault_is_expected = 0;
    return faulted;
}

/* --- Startup --- */

void board_reset(void) {
    const uint32_t *from = ld_data_load;
    for (uint32_t *to = ld_data_start; to < ld_data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = ld_bss_start; to < ld_bss_end; to++) {
        *to = 0;
    }
    paint_stack();
    board_exit(main());
}

typedef union vector {
    uint32_t *stack;
    void (*handler)(void);
} vector;

/* Initial stack pointer, reset, and the exceptions that end in a fault; no interrupt is turned on. */
__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    {.stack = ld_stack_top},         {.handler = board_reset},        {.handler = board_fault},
    {.handler = board_fault},        {.handler = board_fault},        {.handler = board_fault},
    {.handler = board_fault},        [11] = {.handler = board_fault}, [14] = {.handler = board_fault},
    [15] = {.handler = board_fault},
};
