/* errno has other numbers on macOS. */
#include "loader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Those that are not the same; the first 34 are, but for two. */
static const struct {
    uint8_t here, darwin;
} numbers[] = {
    {EAGAIN, 35},
    {EDEADLK, 11},
    {ENAMETOOLONG, 63},
    {ENOLCK, 77},
    {ENOSYS, 78},
    {ENOTEMPTY, 66},
    {ELOOP, 62},
    {ENOMSG, 91},
    {EIDRM, 90},
    {ENODATA, 96},
    {EPROTO, 100},
    {EBADMSG, 94},
    {EOVERFLOW, 84},
    {EILSEQ, 92},
    {EUSERS, 68},
    {ENOTSOCK, 38},
    {EDESTADDRREQ, 39},
    {EMSGSIZE, 40},
    {EPROTOTYPE, 41},
    {ENOPROTOOPT, 42},
    {EPROTONOSUPPORT, 43},
    {ESOCKTNOSUPPORT, 44},
    {EOPNOTSUPP, 102},
    {EOPNOTSUPP, 45}, /* ENOTSUP, another number there */
    {EPFNOSUPPORT, 46},
    {EAFNOSUPPORT, 47},
    {EADDRINUSE, 48},
    {EADDRNOTAVAIL, 49},
    {ENETDOWN, 50},
    {ENETUNREACH, 51},
    {ENETRESET, 52},
    {ECONNABORTED, 53},
    {ECONNRESET, 54},
    {ENOBUFS, 55},
    {EISCONN, 56},
    {ENOTCONN, 57},
    {ESHUTDOWN, 58},
    {ETIMEDOUT, 60},
    {ECONNREFUSED, 61},
    {EHOSTDOWN, 64},
    {EHOSTUNREACH, 65},
    {EALREADY, 37},
    {EINPROGRESS, 36},
    {ESTALE, 70},
    {EDQUOT, 69},
    {ECANCELED, 89},
};
enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]), SAME_UP_TO = ERANGE };

int errno_to_darwin(int number)
{
    for (size_t i = 0; i < NUMBERS; i++)
        if (numbers[i].here == number)
            return numbers[i].darwin;
    if (number < 0 || number > SAME_UP_TO)
        fatal("error %d (%s) has no number on macOS here", number, strerror(number));
    return number;
}

int errno_from_darwin(int number)
{
    for (size_t i = 0; i < NUMBERS; i++)
        if (numbers[i].darwin == number)
            return numbers[i].here;
    if (number > SAME_UP_TO)
        fatal("error %d of macOS has no number here", number);
    return number;
}

/* glibc never makes its errno zero: what is there has come since the program looked last. */
static int *error_place(void)
{
    static _Thread_local int darwin;
    if (errno != 0)
        darwin = errno_to_darwin(errno);
    errno = 0;
    return &darwin;
}

static char *error_text(int number)
{
    return strerror(errno_from_darwin(number));
}

/* macOS has the one of POSIX: 0 or an error number. */
static int error_text_r(int number, char *text, size_t size)
{
    const char *found = strerror(errno_from_darwin(number));
    snprintf(text, size, "%s", found);
    return strlen(found) < size ? 0 : errno_to_darwin(ERANGE);
}

static void print_error(const char *text)
{
    fprintf(stderr, "%s: %s\n", text, error_text(*error_place()));
}

/* A table of them all, by macOS's numbers. */
enum { DARWIN_ERRORS = 107 };
static const char *texts[DARWIN_ERRORS];
static int text_count = DARWIN_ERRORS;

void shims_prepare_errors(void)
{
    for (int i = 0; i < DARWIN_ERRORS; i++)
        texts[i] = "Unknown error";
    for (int i = 0; i <= SAME_UP_TO; i++)
        texts[i] = strerrordesc_np(i);
    for (size_t i = 0; i < NUMBERS; i++)
        texts[numbers[i].darwin] = strerrordesc_np(numbers[i].here);
}

const struct shim error_shims[] = {
    {"sys_errlist", texts},
    {"sys_nerr", &text_count},
    SHIM("__error", error_place),
    SHIM("strerror", error_text),
    SHIM("strerror_r", error_text_r),
    SHIM("perror", print_error),
    SHIMS_END,
};
