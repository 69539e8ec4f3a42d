/* Who holds which IPv4 or IPv6 socket: the kernel calls this for every descriptor of every process
 * of the reader's process namespace, and it writes a record for each that is such a socket. */
#include "kernel_fields.h"
#include "records.h"

enum { FILE_TYPE = 0170000, FILE_IS_SOCKET = 0140000, IPV4 = 2, IPV6 = 10 };

static bool is_known;
static __u32 own_level; /* how deep the reader's process namespace is */

static __always_inline __u32 reader_level(void)
{
    if (!is_known) {
        struct task_struct *reader = (void *)bpf_get_current_task();
        own_level = BPF_CORE_READ(reader, thread_pid, level);
        is_known = true;
    }
    return own_level;
}

/* By the operations, which all sockets of a kind have in common: of the socket itself the caches
 * know nothing. */
static __always_inline bool is_internet_socket(struct file *file, struct inode *inode)
{
    if ((inode->i_mode & FILE_TYPE) != FILE_IS_SOCKET)
        return false;
    struct socket *socket = file->private_data;
    int family = BPF_CORE_READ(socket, ops, family);
    return family == IPV4 || family == IPV6;
}

/* Threads share the descriptors of their process's first one, unless they were told not to or that
 * one has ended. */
static __always_inline bool is_listed_already(struct task_struct *task, struct task_struct *leader)
{
    return task != leader && task->files == leader->files;
}

SEC("iter/task_file")
int list_socket_holders(struct bpf_iter__task_file *context)
{
    struct task_struct *task = context->task;
    struct file *file = context->file;
    if (!task || !file)
        return 0;
    struct inode *inode = file->f_inode;
    struct task_struct *leader = task->group_leader;
    if (!is_internet_socket(file, inode) || is_listed_already(task, leader))
        return 0;
    struct socket_holder holder = {.inode = inode->i_ino, .fd = context->fd};
    holder.pid = number_at(leader->thread_pid, reader_level());
    bpf_probe_read_kernel_str(holder.comm, sizeof(holder.comm), &leader->comm);
    bpf_seq_write(context->meta->seq, &holder, sizeof(holder));
    return 0;
}

/* Some of what is called here the kernel lends only to programs under the GPL. */
char licence[] SEC("license") = "Dual MIT/GPL";
