#include "kernel_script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kernel_script_asked {
    char key[128];
    unsigned times;
};

static const struct {
    const char *name;
    int number;
} errors[] = {
    {"ENOENT", ENOENT},
    {"EPERM", EPERM},
    {"EACCES", EACCES},
    {"ENOMEM", ENOMEM},
    {"EINVAL", EINVAL},
    {"ENXIO", ENXIO},
    {"ESRCH", ESRCH},
    {"EBADF", EBADF},
    {"EIO", EIO},
    {"EINTR", EINTR},
    {"ENOBUFS", ENOBUFS},
    {"EAGAIN", EAGAIN},
    {"EOPNOTSUPP", EOPNOTSUPP},
    {"EPROTONOSUPPORT", EPROTONOSUPPORT},
};

void kernel_script_open(struct kernel_script *script, const char *folder)
{
    memset(script, 0, sizeof(*script));
    if (!folder)
        folder = getenv("IFPULSE_KERNEL_SCRIPT");
    if (!folder || strlen(folder) >= sizeof(script->folder)) {
        fprintf(stderr, "kernel_script: IFPULSE_KERNEL_SCRIPT names no folder\n");
        exit(126);
    }
    strcpy(script->folder, folder);
}

void kernel_script_close(struct kernel_script *script)
{
    free(script->asked);
    memset(script, 0, sizeof(*script));
}

static unsigned *times_of(struct kernel_script *script, const char *key)
{
    for (size_t i = 0; i < script->asked_count; i++)
        if (strcmp(script->asked[i].key, key) == 0)
            return &script->asked[i].times;
    struct kernel_script_asked *larger =
        realloc(script->asked, (script->asked_count + 1) * sizeof(*larger));
    if (!larger)
        abort();
    script->asked = larger;
    struct kernel_script_asked *asked = &larger[script->asked_count++];
    memset(asked, 0, sizeof(*asked));
    strncpy(asked->key, key, sizeof(asked->key) - 1);
    return &asked->times;
}

/* The file of the nth answer with that ending, or NULL. */
static FILE *open_file(
    const struct kernel_script *script, const char *key, unsigned nth, const char *ending)
{
    char path[512];
    if (nth > 1)
        snprintf(path, sizeof(path), "%s/%s@%u%s", script->folder, key, nth, ending);
    else
        snprintf(path, sizeof(path), "%s/%s%s", script->folder, key, ending);
    FILE *file = fopen(path, "rb");
    if (!file && nth == 1) {
        snprintf(path, sizeof(path), "%s/%s@1%s", script->folder, key, ending);
        file = fopen(path, "rb");
    }
    return file;
}

static int read_error(FILE *file)
{
    char name[32] = "";
    if (fscanf(file, "%31s", name) == 1)
        for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
            if (strcmp(errors[i].name, name) == 0)
                return -errors[i].number;
    fprintf(stderr, "kernel_script: there is no error %s\n", name);
    exit(126);
}

static int read_answer(FILE *file, void *buffer, size_t *size)
{
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    rewind(file);
    if (!buffer) {
        *size = length;
        return 0;
    }
    size_t room = *size;
    *size = fread(buffer, 1, length < room ? length : room, file);
    return length > room ? -ENOMEM : 0;
}

/* What is said to be there, where a file says so. */
static int read_size(struct kernel_script *script, const char *key, size_t *ret_size)
{
    FILE *file = open_file(script, key, 1, ".size");
    int found = file && fscanf(file, "%zu", ret_size) == 1;
    if (file)
        fclose(file);
    return found;
}

int kernel_script_answer(struct kernel_script *script, const char *key, void *buffer, size_t *size)
{
    unsigned *times = times_of(script, key), nth = *times + 1;
    int is_event = strcmp(key, "event") == 0;
    if (buffer)
        *times = nth;
    if (!buffer && read_size(script, key, size))
        return 0;
    for (; nth > 0; nth--) {
        FILE *answer = open_file(script, key, nth, "");
        FILE *error = answer ? NULL : open_file(script, key, nth, ".error");
        int result = answer ? read_answer(answer, buffer, size) : error ? read_error(error) : 1;
        if (answer || error)
            fclose(answer ? answer : error);
        if (result <= 0)
            return result;
        if (is_event)
            break;
    }
    return is_event ? -EAGAIN : -ENOENT;
}
