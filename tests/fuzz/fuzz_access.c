/* The headers that decide who comes in: Host, and Origin on the next line. */
#include "fuzz.h"

#include "access.h"
#include <string.h>
#include <strings.h>

static const char *const hosts[] = {"monitor.example", "proxy.example:443", "2001:db8::5", NULL};
static const char *const origins[] = {"https://proxy.example", NULL};
static const struct access_rules rules = {
    .hostname = "box", .port = 8750, .allowed_hosts = hosts, .allowed_origins = origins};
/* Nothing is allowed but the listener's own address. */
static const struct access_rules strict = {.port = 8750};

static enum access_verdict check(
    const struct access_rules *with, const char *host, const char *origin)
{
    enum access_verdict verdict = access_check(with, host, origin, "192.0.2.7");
    FUZZ_CHECK(verdict <= ACCESS_WRONG_ORIGIN);
    FUZZ_CHECK(origin || verdict != ACCESS_WRONG_ORIGIN);
    return verdict;
}

/* Who asks for another name must not get in, whatever is around it. */
static void check_strangers(const char *host, const char *origin)
{
    if (strcasestr(host, "evil"))
        FUZZ_CHECK(check(&strict, host, NULL) != ACCESS_GRANTED);
    if (origin && strcasestr(origin, "evil"))
        FUZZ_CHECK(check(&strict, host, origin) != ACCESS_GRANTED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t length = end ? (size_t)(end - data) : size;
    CLEANUP(free_p) char *host = fuzz_text(data, length);
    CLEANUP(free_p) char *origin = end ? fuzz_text(end + 1, size - length - 1) : NULL;
    if (check(&rules, host, origin) == ACCESS_GRANTED)
        FUZZ_CHECK(check(&rules, host, NULL) == ACCESS_GRANTED);
    if (check(&strict, host, origin) == ACCESS_GRANTED)
        FUZZ_CHECK(check(&rules, host, origin) == ACCESS_GRANTED);
    check_strangers(host, origin);
    return 0;
}
