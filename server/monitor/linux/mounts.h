/* mounts - what is mounted where, by the lines of /proc/self/mountinfo. */
#ifndef IFPULSE_MOUNTS_H
#define IFPULSE_MOUNTS_H

#include "base.h"

struct mount {
    const char *root;  /* the part of its file system that is there: "/", or "net:[4026532177]" */
    const char *place; /* where */
    const char *type;  /* of the file system */
};

/* Pure. Cuts the line in pieces, which ret_mount lends; false for what is no such line. */
MUST_CHECK bool mount_parse(char *line, struct mount *ret_mount);

#endif
