#include "bpf_loading.h"

#include <errno.h>
#include <malloc.h>
#include <unistd.h>

int bpf_loading_open(const void *bytes, size_t size, struct bpf_object **ret_object)
{
    libbpf_print_fn_t print = libbpf_set_print(NULL);
    struct bpf_object *object = bpf_object__open_mem(bytes, size, NULL);
    int result = object ? 0 : -errno;
    libbpf_set_print(print);
    if (result == 0)
        *ret_object = object;
    return result;
}

void bpf_loading_close(struct bpf_object *object)
{
    bpf_object__close(object);
    malloc_trim(0);
}

int bpf_loading_load(struct bpf_object *object)
{
    libbpf_print_fn_t print = libbpf_set_print(NULL);
    int result = bpf_object__load(object);
    libbpf_set_print(print);
    if (result < 0 && result != -EPERM && access("/sys/kernel/btf/vmlinux", F_OK) < 0)
        return -ENOENT;
    return result;
}

int bpf_loading_attach(struct bpf_object *object, const char *name, struct bpf_link **ret_link)
{
    struct bpf_program *program = bpf_object__find_program_by_name(object, name);
    if (!program)
        return -EINVAL;
    libbpf_print_fn_t print = libbpf_set_print(NULL);
    struct bpf_link *link = bpf_program__attach(program);
    int result = link ? 0 : -errno;
    libbpf_set_print(print);
    if (result == 0)
        *ret_link = link;
    return result;
}
