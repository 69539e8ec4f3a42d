/* log - lines on standard error for the person who runs the server.
 *
 * Where standard error is the journal, each line begins with its priority, as sd-daemon(3) has it,
 * so that "journalctl -p warning" finds it; else with the name of the program.
 *
 * Logged once, where an error stops travelling, and with what happens now; what repeats is logged
 * when it changes. Only main, serve and collector log; the rooms to the left never do.
 */
#ifndef IFPULSE_LOG_H
#define IFPULSE_LOG_H

#include "base.h"

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_NOTICE,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
};

/* Looks where standard error goes; before that, it is not taken for the journal. */
void log_init(void);

/* Lines above this level are dropped. Starts at LOG_LEVEL_NOTICE. */
void log_set_level(enum log_level level);
/* Reads "error", "warning", "notice", "info" or "debug"; false for any other word. */
MUST_CHECK bool log_parse_level(const char *word, enum log_level *ret_level);

/* What a line of that level begins with: "ifpulse: ", or "<3>" and the like. */
const char *log_head(enum log_level level);

/* One line, log_head in front. Bytes that could move a terminal are written as \xNN, so text
 * from clients may be passed to %s as it is. */
void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)

#endif
