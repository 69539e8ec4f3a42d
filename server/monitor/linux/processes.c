#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void processes_fini(struct processes *processes)
{
    if (!processes)
        return;
    free(processes->items);
    map_fini(&processes->by_pid);
    *processes = (struct processes){0};
}

int processes_begin(struct processes *processes)
{
    size_t kept = 0;
    map_clear(&processes->by_pid);
    for (size_t i = 0; i < processes->count; i++)
        if (processes->items[i].reading == processes->reading)
            processes->items[kept++] = processes->items[i];
    processes->count = kept;
    processes->reading++;
    for (size_t i = 0; i < kept; i++) {
        struct map_key key = {.low = processes->items[i].pid};
        int result = map_insert_index(&processes->by_pid, key, i);
        if (result < 0)
            return result;
    }
    return 0;
}

/* The start time is the 22nd field; a space stands before the 3rd, right after the name. */
enum { SPACES_BEFORE_START = 20 };

bool process_parse_stat(const char *text, struct process *ret_process)
{
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    if (!open || !close || close < open)
        return false;
    const char *at = close;
    for (int i = 0; i < SPACES_BEFORE_START && at; i++)
        at = strchr(at + 1, ' ');
    if (!at)
        return false;
    char *end;
    uint64_t start_time = strtoull(at, &end, 10);
    if (end == at)
        return false;
    size_t length = (size_t)(close - open - 1);
    if (length >= sizeof(ret_process->comm))
        length = sizeof(ret_process->comm) - 1;
    memset(ret_process->comm, 0, sizeof(ret_process->comm));
    memcpy(ret_process->comm, open + 1, length);
    ret_process->start_time = start_time;
    return true;
}

static bool read_process(uint32_t pid, struct process *ret_process)
{
    char path[32], text[1024];
    snprintf(path, sizeof(path), "/proc/%u/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (length <= 0)
        return false;
    text[length] = '\0';
    return process_parse_stat(text, ret_process);
}

static struct process *append(struct processes *processes, uint32_t pid)
{
    if (!MAKE_ROOM(processes->items, processes->count, processes->capacity))
        return NULL;
    if (map_insert_index(&processes->by_pid, (struct map_key){.low = pid}, processes->count) < 0)
        return NULL;
    struct process *process = &processes->items[processes->count++];
    *process = (struct process){.pid = pid};
    return process;
}

const struct process *processes_find(struct processes *processes, uint32_t pid, bool is_same)
{
    size_t at = map_find_index(&processes->by_pid, (struct map_key){.low = pid});
    struct process *process = at == MAP_ABSENT ? append(processes, pid) : &processes->items[at];
    if (!process)
        return NULL;
    if (process->reading != processes->reading) {
        uint64_t was = process->start_time;
        process->reading = processes->reading;
        process->start_time = 0;
        (void)read_process(pid, process);
        process->is_replaced = process->start_time != was;
    }
    if (is_same && process->is_replaced)
        return NULL;
    return process->start_time != 0 ? process : NULL;
}
