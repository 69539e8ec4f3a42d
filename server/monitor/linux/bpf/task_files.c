#include "task_files.h"

#include "bpf_loading.h"
#include "socket_holders_object.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

struct task_files {
    struct bpf_object *object;
    struct bpf_link *link;
};
DEFINE_CLEANUP(struct task_files, task_files_close)

/* The kernel fills its own buffer of 8 pages before it hands anything out. */
enum { READ_BYTES = 64 * 1024 };

void task_files_close(struct task_files *files)
{
    if (!files)
        return;
    bpf_link__destroy(files->link);
    bpf_loading_close(files->object);
    free(files);
}

int task_files_open(struct task_files **ret_files)
{
    CLEANUP(task_files_close_p) struct task_files *files = calloc(1, sizeof(*files));
    if (!files)
        return -ENOMEM;
    int result =
        bpf_loading_open(socket_holders_object, sizeof(socket_holders_object), &files->object);
    if (result == 0)
        result = bpf_loading_load(files->object);
    if (result == 0)
        result = bpf_loading_attach(files->object, "list_socket_holders", &files->link);
    if (result < 0)
        return result;
    *ret_files = HAND_OVER(files);
    return 0;
}

static int read_all(int fd, struct buffer *bytes)
{
    for (;;) {
        char *place = buffer_reserve(bytes, READ_BYTES);
        if (!place)
            return -ENOMEM;
        ssize_t got = read(fd, place, READ_BYTES);
        if (got == 0)
            return 0;
        if (got > 0)
            bytes->length += (size_t)got;
        else if (errno != EINTR && errno != EAGAIN)
            return -errno;
    }
}

int task_files_read(struct task_files *files, struct buffer *bytes)
{
    int fd = bpf_iter_create(bpf_link__fd(files->link));
    if (fd < 0)
        return fd;
    bytes->length = 0;
    int result = read_all(fd, bytes);
    close(fd);
    return result;
}
