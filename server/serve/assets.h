/* assets - the page: every file of the web folder, read once at start and kept ready to send; and
 * the formal descriptions of the interface, which are built in.
 *
 * In memory, because the page is small, and because what a browser wants of static files (strong
 * entity tags, compressed forms) is then computed once. Nothing that was not there at start can be
 * asked for, so no path leads out of the folder.
 */
#ifndef IFPULSE_ASSETS_H
#define IFPULSE_ASSETS_H

#include "base.h"
#include "frame.h"

struct asset {
    char *path; /* as in the URL: "/js/main.js" */
    const char *media_type;
    char tag[24]; /* entity tag, quoted */
    struct frame *plain;
    struct frame *gzip; /* NULL where that is no shorter */
};

struct assets {
    struct asset *items;
    size_t count;
    size_t bytes; /* of all files */
};

enum { ASSETS_BYTES_MAX = 32 << 20, ASSETS_DEPTH_MAX = 8 };

/* Below it a path has a hash of the content in it. */
#define ASSETS_IMMUTABLE "/immutable/"

/* Reads the folder. -ENOENT when it has no index.html, -EFBIG when it is more than a page can be.
 * Hidden files, and the folders test and node_modules, are left out. */
MUST_CHECK int assets_init(struct assets *assets, const char *folder);
void assets_fini(struct assets *assets);
/* "/" is "/index.html". NULL: there is no such file. */
const struct asset *assets_find(const struct assets *assets, const char *path);

/* A frame with the gzip form of bytes. level 1 (fast) to 9 (small). */
MUST_CHECK int assets_gzip(const char *bytes, size_t length, int level, struct frame **ret_frame);

#endif
