/* A config file. */
#include "fuzz.h"

#include "config.h"
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int memory_file(void)
{
    static int fd = -1;
    if (fd < 0)
        fd = memfd_create("config", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0);
    return fd;
}

static void check_config(const struct config *config)
{
    FUZZ_CHECK(fuzz_is_terminated(config->listen.address, sizeof(config->listen.address)));
    FUZZ_CHECK(config->interval_ms >= CONFIG_INTERVAL_MIN_MS);
    FUZZ_CHECK(config->interval_ms <= CONFIG_INTERVAL_MAX_MS);
    FUZZ_CHECK(config->limits.clients > 0 && config->limits.message_bytes > 0);
    FUZZ_CHECK(config->limits.messages_per_s > 0 && config->limits.message_burst > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config;
    char path[64], error[CONFIG_ERROR_BYTES];
    int fd = memory_file();
    FUZZ_CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    fuzz_mark(error, sizeof(error));
    config_init(&config);
    int result = config_read_file(&config, path, error);
    FUZZ_CHECK(result == 0 || result == CONFIG_WRONG);
    if (result == 0)
        check_config(&config);
    else
        FUZZ_CHECK(fuzz_is_terminated(error, sizeof(error)) && strstr(error, path) == error);
    config_fini(&config);
    return 0;
}
