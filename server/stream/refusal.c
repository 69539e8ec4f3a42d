#include "refusal.h"

#include <stdarg.h>
#include <stdio.h>

int command_refuse(struct command_refusal *refusal, const char *code, const char *format, ...)
{
    va_list arguments;

    refusal->code = code;
    va_start(arguments, format);
    vsnprintf(refusal->message, sizeof refusal->message, format, arguments);
    va_end(arguments);
    return COMMAND_REFUSED;
}
