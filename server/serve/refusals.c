#include "refusals.h"

#include "log.h"

#include <stdarg.h>
#include <stdio.h>

enum { WINDOW_MS = 10000, LOGGED_MOST = 5 };

void refusals_log(struct refusals *refusals, int64_t now_ms, const char *format, ...)
{
    char line[512];
    va_list arguments;

    if (refusals->logged == LOGGED_MOST) {
        refusals->counted++;
        return;
    }
    if (refusals->logged++ == 0)
        refusals->since_ms = now_ms;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    log_notice("refused: %s", line);
}

void refusals_sweep(struct refusals *refusals, int64_t now_ms)
{
    if (refusals->logged == 0 || now_ms - refusals->since_ms < WINDOW_MS)
        return;
    if (refusals->counted > 0)
        log_notice("refused: %u more within %d s", refusals->counted, WINDOW_MS / 1000);
    *refusals = (struct refusals){0};
}
