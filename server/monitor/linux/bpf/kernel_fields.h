/* kernel_fields - the members of the kernel's structs that the programs here look at, and no
 * others.
 *
 * Where they are differs from kernel to kernel. libbpf puts in the places of the running one when
 * it loads a program; a member that is not there makes the load fail, not the program lie.
 */
#ifndef IFPULSE_KERNEL_FIELDS_H
#define IFPULSE_KERNEL_FIELDS_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
    unsigned int inum;
};

struct pid_namespace {
    struct ns_common ns;
};

struct upid {
    int nr;
    struct pid_namespace *ns;
};

/* A task has a number in its process namespace and in each of those around it. */
struct pid {
    unsigned int level;
    struct upid numbers[1];
};

struct task_struct {
    unsigned int flags;
    char comm[16];
    struct files_struct *files;
    struct pid *thread_pid;
    struct task_struct *group_leader;
};

struct inode {
    unsigned short i_mode;
    unsigned long i_ino;
};

struct file {
    struct inode *f_inode;
    void *private_data;
};

typedef struct {
    int owned;
} socket_lock_t;

typedef struct {
    unsigned int val;
} kuid_t;

/* SOCK_DONE: a FIN has come. */
enum sock_flags { SOCK_DEAD, SOCK_DONE };

struct sock_common {
    unsigned long skc_flags;
};

struct sock {
    struct sock_common __sk_common;
    socket_lock_t sk_lock;
    kuid_t sk_uid;
};

struct proto_ops {
    int family;
};

struct socket {
    const struct proto_ops *ops;
};

struct bpf_iter_meta {
    struct seq_file *seq;
};

struct bpf_iter__task_file {
    struct bpf_iter_meta *meta;
    struct task_struct *task;
    __u32 fd;
    struct file *file;
};

#pragma clang attribute pop

static __always_inline __u32 number_at(struct pid *pid, __u32 level)
{
    int number = 0;
    bpf_core_read(&number, sizeof(number), &pid->numbers[level].nr);
    return number;
}

#endif
