/* machrun PROGRAM ARGUMENT… - runs a macOS program on Linux, for tests; see loader.h. Prints
 * nothing of its own unless something is wrong. */
#include "loader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STATUS_FATAL = 126, STATUS_USE = 2 };

void fatal(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fputs("machrun: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    _exit(STATUS_FATAL);
}

int main(int count, char **words)
{
    char *apple[] = {NULL}; /* what the macOS kernel tells a program beside its arguments */
    if (count < 2) {
        fputs("usage: machrun PROGRAM [ARGUMENT...]\n", stderr);
        return STATUS_USE;
    }
    shims_prepare();
    macho_main *program = macho_load(words[1], count - 1, words + 1);
    int status = program(count - 1, words + 1, environ, apple);
    shims_finish();
    return status;
}
