#include "answers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("darwin_scenario: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void bytes_add(struct bytes *bytes, const void *data, size_t size)
{
    if (size > sizeof(bytes->at) - bytes->length)
        fail("an answer is longer than %zu bytes", sizeof(bytes->at));
    if (data)
        memcpy(bytes->at + bytes->length, data, size);
    else
        memset(bytes->at + bytes->length, 0, size);
    bytes->length += size;
}

void bytes_pad(struct bytes *bytes, size_t multiple)
{
    bytes_add(bytes, NULL, (multiple - bytes->length % multiple) % multiple);
}

void answers_into(const char *path)
{
    folder = path;
}

static void write_file(
    const char *key, va_list arguments, unsigned nth, const char *ending, const struct bytes *bytes)
{
    char name[128], path[512], when[16] = "";
    vsnprintf(name, sizeof(name), key, arguments);
    if (nth > 1)
        snprintf(when, sizeof(when), "@%u", nth);
    snprintf(path, sizeof(path), "%s/%s%s%s", folder, name, when, ending);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes->at, 1, bytes->length, file) != bytes->length || fclose(file) != 0)
        fail("%s cannot be written", path);
}

void answer(unsigned nth, const void *data, size_t size, const char *key, ...)
{
    struct bytes bytes = {.length = 0};
    va_list arguments;
    bytes_add(&bytes, data, size);
    va_start(arguments, key);
    write_file(key, arguments, nth, "", &bytes);
    va_end(arguments);
}

void answer_error(unsigned nth, const char *error, const char *key, ...)
{
    struct bytes bytes = {.length = 0};
    va_list arguments;
    bytes_add(&bytes, error, strlen(error));
    va_start(arguments, key);
    write_file(key, arguments, nth, ".error", &bytes);
    va_end(arguments);
}

static void write_size(const struct bytes *bytes, const char *key, ...)
{
    va_list arguments;
    va_start(arguments, key);
    write_file(key, arguments, 1, ".size", bytes);
    va_end(arguments);
}

void answer_size(size_t size, const char *key)
{
    struct bytes bytes = {.length = 0};
    char text[32];
    bytes_add(&bytes, text, (size_t)snprintf(text, sizeof(text), "%zu", size));
    write_size(&bytes, "%s", key);
}
