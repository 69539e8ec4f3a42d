/* Built instead of what loads BPF programs, where there is no clang or no libbpf. */
#include "noted_owners.h"
#include "task_files.h"

#include <errno.h>

int task_files_open(struct task_files **ret_files)
{
    (void)ret_files;
    return -ENOSYS;
}

void task_files_close(struct task_files *files)
{
    (void)files;
}

int task_files_read(struct task_files *files, struct buffer *bytes)
{
    (void)files, (void)bytes;
    return -ENOSYS;
}

int noted_owners_open(struct noted_owners **ret_owners)
{
    (void)ret_owners;
    return -ENOSYS;
}

void noted_owners_close(struct noted_owners *owners)
{
    (void)owners;
}

bool noted_owners_find(
    const struct noted_owners *owners, uint64_t cookie, struct noted_owner *ret_owner)
{
    (void)owners, (void)cookie, (void)ret_owner;
    return false;
}

void noted_owners_forget(const struct noted_owners *owners, uint64_t cookie)
{
    (void)owners, (void)cookie;
}
