/* bpf_loading - brings an object file with BPF programs, built into this program, into the kernel.
 *
 * libbpf would print what it thinks of it on standard error; here it says nothing, and leaves the
 * printing of whoever else uses it in this process as it was.
 */
#ifndef IFPULSE_BPF_LOADING_H
#define IFPULSE_BPF_LOADING_H

#include "base.h"
#include <bpf/libbpf.h>

/* Bytes stay where they are as long as the object. */
MUST_CHECK int bpf_loading_open(const void *bytes, size_t size, struct bpf_object **ret_object);
/* Accepts NULL. Gives memory back to the system: a load that failed leaves megabytes of the
 * kernel's description of itself. */
void bpf_loading_close(struct bpf_object *object);
/* Loads all of its programs, or says why not as task_files_open does. */
MUST_CHECK int bpf_loading_load(struct bpf_object *object);
/* Attaches one, by its name. */
MUST_CHECK int bpf_loading_attach(
    struct bpf_object *object, const char *name, struct bpf_link **ret_link);

#endif
