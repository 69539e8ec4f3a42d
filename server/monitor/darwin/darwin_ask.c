#include "darwin_ask.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { KEY_BYTES = 128, TRIES = 6, SPARE_BYTES = 4096, ANSWERS_MAX = 100 };

/* --- what is kept --- */

/* What a capture says of a failure; others are left out of it. */
static const char *name_of(int error)
{
    static const struct {
        int error;
        const char *name;
    } names[] = {{ENOENT, "ENOENT"}, {EPERM, "EPERM"}, {EACCES, "EACCES"}, {ENOMEM, "ENOMEM"},
        {EINVAL, "EINVAL"}, {ENXIO, "ENXIO"}, {ESRCH, "ESRCH"}, {EBADF, "EBADF"}, {EIO, "EIO"},
        {ENOBUFS, "ENOBUFS"}, {EOPNOTSUPP, "EOPNOTSUPP"}};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (names[i].error == error)
            return names[i].name;
    return NULL;
}

/* A file that is not there yet: of the first answer KEY, of the second KEY@2, and so on. */
static int create_file(const struct darwin_ask *ask, const char *key, const char *ending)
{
    char path[1024];
    for (int i = 1; i < ANSWERS_MAX; i++) {
        char nth[16] = "";
        if (i > 1)
            snprintf(nth, sizeof(nth), "@%d", i);
        snprintf(path, sizeof(path), "%s/%s%s%s", ask->folder, key, nth, ending);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EEXIST)
            return fd < 0 ? -errno : fd;
    }
    return -EEXIST;
}

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno != EINTR)
            return -errno;
        bytes += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return 0;
}

static void keep_file(
    struct darwin_ask *ask, const char *key, const char *ending, const void *bytes, size_t size)
{
    int fd = create_file(ask, key, ending);
    int result = fd < 0 ? fd : write_all(fd, bytes, size);
    if (fd >= 0)
        close(fd);
    if (result < 0 && ask->trouble == 0)
        ask->trouble = result;
    ask->kept += result == 0;
}

/* key may hold names of interfaces, which may hold anything. */
static void keep(
    struct darwin_ask *ask, const char *key, int result, const void *bytes, size_t size)
{
    char file[KEY_BYTES];
    if (!ask->folder)
        return;
    snprintf(file, sizeof(file), "%s", key);
    for (char *c = file; *c; c++)
        if (*c == '/')
            *c = '_';
    if (result >= 0)
        keep_file(ask, file, "", bytes, size);
    else if (name_of(-result))
        keep_file(ask, file, ".error", name_of(-result), strlen(name_of(-result)));
}

static void keep_size(struct darwin_ask *ask, const char *key, size_t size)
{
    char text[24];
    if (!ask->folder)
        return;
    int length = snprintf(text, sizeof(text), "%zu", size);
    keep_file(ask, key, ".size", text, (size_t)length);
}

/* --- tables --- */

static void write_key(const struct darwin_table *table, char *key)
{
    int length = snprintf(
        key, KEY_BYTES, "sysctl%s%s", table->name ? "." : "", table->name ? table->name : "");
    for (unsigned i = 0; !table->name && i < table->length; i++)
        length += snprintf(key + length, KEY_BYTES - (size_t)length, ".%d", table->mib[i]);
}

static int ask_sysctl(
    struct darwin_ask *ask, const struct darwin_table *table, void *bytes, size_t *size)
{
    if (table->name)
        return darwin_sys_sysctl_named(ask->sys, table->name, bytes, size);
    return darwin_sys_sysctl(ask->sys, table->mib, table->length, bytes, size);
}

static bool has_room(struct buffer *answer, size_t size)
{
    answer->length = 0;
    return buffer_reserve(answer, size) != NULL;
}

/* The size is asked for first; what comes to be there in between needs more, so some is spare. */
int darwin_ask_table(struct darwin_ask *ask, const struct darwin_table *table,
    struct buffer *answer, size_t *ret_announced)
{
    char key[KEY_BYTES];
    size_t announced = 0, size = 0;
    int result = -ENOMEM;
    write_key(table, key);
    for (int i = 0; i < TRIES && result == -ENOMEM; i++) {
        announced = 0;
        result = ask_sysctl(ask, table, NULL, &announced);
        if (result < 0)
            break;
        size = (announced + announced / 4 + SPARE_BYTES) << i;
        if (!has_room(answer, size))
            return -ENOMEM;
        result = ask_sysctl(ask, table, answer->bytes, &size);
    }
    if (result == 0)
        keep_size(ask, key, announced);
    keep(ask, key, result, answer->bytes, size);
    if (result < 0)
        return result;
    answer->length = size;
    *ret_announced = announced;
    return 0;
}

int darwin_ask_fixed(
    struct darwin_ask *ask, const struct darwin_table *table, void *bytes, size_t *size)
{
    char key[KEY_BYTES];
    int result = ask_sysctl(ask, table, bytes, size);
    if (ask->folder) {
        write_key(table, key);
        keep(ask, key, result, bytes, *size);
    }
    return result;
}

/* --- interfaces --- */

int darwin_ask_interface(struct darwin_ask *ask, enum darwin_interface_question question,
    const char *name, uint8_t *bytes, size_t *ret_size)
{
    static const char *const words[DARWIN_INTERFACE_QUESTIONS] = {
        [DARWIN_FUNCTIONAL_TYPE] = "functional_type",
        [DARWIN_MEDIA] = "media",
        [DARWIN_VLAN] = "vlan",
    };
    char key[KEY_BYTES];
    size_t size = 0;
    int result = darwin_sys_ask_interface(ask->sys, question, name, bytes, &size);
    snprintf(key, sizeof(key), "interface.%s.%s", words[question], name);
    keep(ask, key, result, bytes, size);
    if (result == 0)
        *ret_size = size;
    return result;
}

/* --- processes --- */

static void write_process_key(const struct darwin_process *process, char *key)
{
    switch (process->question) {
    case DARWIN_PIDS:
        snprintf(key, KEY_BYTES, "process.pids");
        break;
    case DARWIN_FILES:
        snprintf(key, KEY_BYTES, "process.files.%d", process->pid);
        break;
    case DARWIN_SOCKET:
        snprintf(key, KEY_BYTES, "process.socket.%d.%d", process->pid, process->descriptor);
        break;
    case DARWIN_PATH:
        snprintf(key, KEY_BYTES, "process.path.%d", process->pid);
        break;
    default:
        snprintf(key, KEY_BYTES, "process.short_info.%d", process->pid);
    }
}

int darwin_ask_process(
    struct darwin_ask *ask, const struct darwin_process *process, void *bytes, size_t *size)
{
    char key[KEY_BYTES];
    int result = darwin_sys_ask_process(
        ask->sys, process->question, process->pid, process->descriptor, bytes, size);
    if (ask->folder) {
        write_process_key(process, key);
        keep(ask, key, result, bytes, *size);
    }
    return result;
}

/* Lists of libproc are cut without a word where the room is too small, so it must not be full. */
int darwin_ask_processes(
    struct darwin_ask *ask, const struct darwin_process *process, struct buffer *answer)
{
    size_t announced = 0;
    int result = darwin_sys_ask_process(
        ask->sys, process->question, process->pid, process->descriptor, NULL, &announced);
    for (int i = 0; i < TRIES && result == 0; i++) {
        size_t room = (announced + announced / 4 + SPARE_BYTES) << i, size = room;
        if (!has_room(answer, room))
            return -ENOMEM;
        result = darwin_ask_process(ask, process, answer->bytes, &size);
        if (result == 0 && size < room) {
            answer->length = size;
            return 0;
        }
    }
    return result < 0 ? result : -ENOMEM;
}

/* --- events --- */

ssize_t darwin_ask_event(struct darwin_ask *ask, void *bytes, size_t size)
{
    ssize_t length = darwin_sys_receive(ask->sys, bytes, size);
    if (ask->folder && length > 0)
        keep_file(ask, "event", "", bytes, (size_t)length);
    return length;
}
