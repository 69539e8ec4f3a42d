/* task_files - the kernel's program that lists who holds which socket (socket_holders.bpf.c), and
 * how to have it run.
 *
 * It sees the processes of the process namespace that this program is in, also those that /proc
 * shows only to their owner. Nothing is left running between readings.
 */
#ifndef IFPULSE_TASK_FILES_H
#define IFPULSE_TASK_FILES_H

#include "buffer.h"

struct task_files;

/* -EPERM: the user may not; -ENOENT: the kernel does not describe its structs (BTF); -ENOSYS: built
 * without BPF; any other: this kernel cannot. */
MUST_CHECK int task_files_open(struct task_files **ret_files);
/* Accepts NULL. */
void task_files_close(struct task_files *files);
/* Puts the records of a whole run into bytes, instead of what is there. */
MUST_CHECK int task_files_read(struct task_files *files, struct buffer *bytes);

#endif
