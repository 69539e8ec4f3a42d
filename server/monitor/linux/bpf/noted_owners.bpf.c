/* Notes who opens and closes TCP connections, by their sockets' cookies, so that those too short to
 * be listed have an owner.
 *
 * Most changes of a connection's state come about when a packet or a timer does, and then the
 * current process is any. A process that does something to a socket holds its lock as long
 * ("owned"), and packets wait meanwhile: so whoever is current while the lock is held is the one
 * who acts. Opening shows as SYN_SENT; closing as FIN_WAIT1 or LAST_ACK, and where neither comes,
 * because it was reset by either side, in the end of the socket, which is the process's to bring
 * about too. Then it is noted as well whether a FIN had come, which the kernel's own word on
 * sockets that end leaves out.
 */
#include "kernel_fields.h"
#include "records.h"

enum { SYN_SENT = 2, FIN_WAIT1 = 4, LAST_ACK = 9 };
enum { KERNEL_THREAD = 0x00200000 }; /* PF_KTHREAD */
enum { NAMESPACE_DEPTH = 33 };       /* MAX_PID_NS_LEVEL, and the first */

/* The inode of the process namespace of whoever loads this. */
const volatile __u32 own_namespace;

/* The oldest make room: of these, those that still last were listed long ago. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, NOTED_MAX);
    __type(key, __u64);
    __type(value, struct noted_owner);
} noted SEC(".maps");

static __always_inline __u32 own_number(struct pid *pid)
{
    for (__u32 level = 0; level < NAMESPACE_DEPTH && level <= pid->level; level++) {
        struct pid_namespace *namespace = NULL;
        bpf_core_read(&namespace, sizeof(namespace), &pid->numbers[level].ns);
        if (BPF_CORE_READ(namespace, ns.inum) == own_namespace)
            return number_at(pid, level);
    }
    return 0;
}

static __always_inline int note(struct sock *sock, bool is_opening)
{
    struct task_struct *task = bpf_get_current_task_btf();
    if (!sock->sk_lock.owned || task->flags & KERNEL_THREAD)
        return 0;
    __u64 cookie = bpf_get_socket_cookie(sock);
    if (bpf_map_lookup_elem(&noted, &cookie))
        return 0;
    struct task_struct *leader = task->group_leader;
    struct noted_owner owner = {.cgroup = bpf_get_current_cgroup_id(), .uid = sock->sk_uid.val};
    owner.opened_ns = is_opening ? bpf_ktime_get_ns() : 0;
    owner.pid = own_number(leader->thread_pid);
    bpf_probe_read_kernel_str(owner.comm, sizeof(owner.comm), &leader->comm);
    bpf_map_update_elem(&noted, &cookie, &owner, BPF_NOEXIST);
    return 0;
}

/* Both are called with their arguments in a row: the socket, for a change the state before and the
 * state after. */
SEC("tp_btf/inet_sock_set_state")
int note_change(unsigned long long *arguments)
{
    int state = (int)arguments[2];
    if (state != SYN_SENT && state != FIN_WAIT1 && state != LAST_ACK)
        return 0;
    return note((struct sock *)arguments[0], state == SYN_SENT);
}

static __always_inline int note_fin(struct sock *sock)
{
    __u64 cookie = bpf_get_socket_cookie(sock);
    struct noted_owner *owner = bpf_map_lookup_elem(&noted, &cookie);
    __u64 done = 1ul << bpf_core_enum_value(enum sock_flags, SOCK_DONE);
    if (owner)
        owner->fin = sock->__sk_common.skc_flags & done ? FIN_CAME : FIN_MISSING;
    return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int note_end(unsigned long long *arguments)
{
    struct sock *sock = (struct sock *)arguments[0];
    (void)note(sock, false);
    return note_fin(sock);
}

/* Some of what is called here the kernel lends only to programs under the GPL. */
char licence[] SEC("license") = "Dual MIT/GPL";
