#include "log.h"

#include "base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const level_words[] = {"error", "warning", "notice", "info", "debug"};
/* syslog(3)'s numbers; it has four that are worse or between */
static const char *const journal_heads[] = {"<3>", "<4>", "<5>", "<6>", "<7>"};
static enum log_level threshold = LOG_LEVEL_NOTICE;
static bool is_journal;

/* $JOURNAL_STREAM names the stream the service manager gave; another may be there by now. */
void log_init(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;

    is_journal = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
                 fstat(2, &status) == 0 && (unsigned long long)status.st_dev == device &&
                 status.st_ino == inode;
}

const char *log_head(enum log_level level)
{
    return is_journal ? journal_heads[level] : "ifpulse: ";
}

void log_set_level(enum log_level level)
{
    threshold = level;
}

bool log_parse_level(const char *word, enum log_level *ret_level)
{
    for (size_t i = 0; i < ARRAY_LENGTH(level_words); i++) {
        if (strcmp(word, level_words[i]) == 0) {
            *ret_level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* Escaped here, not by each caller: forgetting it once would hand the terminal to a stranger. */
static size_t escape(const char *text, char *out, size_t size)
{
    size_t n = 0;

    for (const unsigned char *c = (const unsigned char *)text; *c && n + 5 < size; c++) {
        if (*c >= 0x20 && *c != 0x7f && (*c < 0x80 || *c >= 0xa0))
            out[n++] = (char)*c;
        else
            n += (size_t)sprintf(out + n, "\\x%02x", *c);
    }
    out[n] = '\0';
    return n;
}

void log_line(enum log_level level, const char *format, ...)
{
    char text[1024], line[2048];
    va_list arguments;

    if (level > threshold)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    escape(text, line, sizeof line);
    fprintf(stderr, "%s%s%s%s\n", log_head(level),
        level <= LOG_LEVEL_WARNING ? level_words[level] : "",
        level <= LOG_LEVEL_WARNING ? ": " : "", line);
}
