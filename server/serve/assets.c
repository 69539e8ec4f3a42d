#include "assets.h"

#include "asyncapi.h"
#include "openapi.h"
#include "schema.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static const struct {
    const char *ending, *media_type;
} media_types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".md", "text/plain; charset=utf-8"},
    {".yaml", "application/yaml"},
};

static const char *media_type_of(const char *path)
{
    const char *ending = strrchr(path, '.');

    for (size_t i = 0; ending && i < ARRAY_LENGTH(media_types); i++) {
        if (strcmp(ending, media_types[i].ending) == 0)
            return media_types[i].media_type;
    }
    return "application/octet-stream";
}

int assets_gzip(const char *bytes, size_t length, int level, struct frame **ret_frame)
{
    enum { GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8 };
    struct frame *frame CLEANUP(frame_unref_p) = NULL;
    z_stream stream = {0};
    size_t bound;
    int r;

    if (length > UINT32_MAX / 2)
        return -EFBIG;
    if (deflateInit2(&stream, level, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return -ENOMEM;
    bound = deflateBound(&stream, length);
    r = frame_new(1, &bound, &frame);
    if (r == 0) {
        stream.next_in = (unsigned char *)bytes;
        stream.avail_in = (unsigned)length;
        stream.next_out = (unsigned char *)frame_text(frame, 0);
        stream.avail_out = (unsigned)bound;
        r = deflate(&stream, Z_FINISH) == Z_STREAM_END ? 0 : -EIO;
        frame->parts[0].length = stream.total_out;
    }
    deflateEnd(&stream);
    if (r == 0)
        *ret_frame = HAND_OVER(frame);
    return r;
}

static void asset_fini(struct asset *asset)
{
    free(asset->path);
    frame_unref(asset->plain);
    frame_unref(asset->gzip);
}

void assets_fini(struct assets *assets)
{
    for (size_t i = 0; i < assets->count; i++)
        asset_fini(&assets->items[i]);
    free(assets->items);
    *assets = (struct assets){0};
}

const struct asset *assets_find(const struct assets *assets, const char *path)
{
    if (strcmp(path, "/") == 0)
        path = "/index.html";
    for (size_t i = 0; i < assets->count; i++) {
        if (strcmp(assets->items[i].path, path) == 0)
            return &assets->items[i];
    }
    return NULL;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static int read_file(int folder_fd, const char *name, struct frame **ret_frame)
{
    int fd CLEANUP(close_fd) = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
    struct frame *frame CLEANUP(frame_unref_p) = NULL;
    struct stat status;
    size_t length, done = 0;
    int r;

    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (status.st_size > ASSETS_BYTES_MAX)
        return -EFBIG;
    length = (size_t)status.st_size;
    r = frame_new(1, &length, &frame);
    if (r < 0)
        return r;
    while (done < length) {
        ssize_t n = read(fd, frame_text(frame, 0) + done, length - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    *ret_frame = HAND_OVER(frame);
    return 0;
}

/* FNV-1a: names a content for caches, nothing more. */
static void make_tag(struct asset *asset)
{
    const char *text = frame_text(asset->plain, 0);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < asset->plain->parts[0].length; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    snprintf(asset->tag, sizeof asset->tag, "\"%016llx\"", (unsigned long long)hash);
}

static int complete(struct asset *asset)
{
    size_t length = asset->plain->parts[0].length;
    int r = assets_gzip(frame_text(asset->plain, 0), length, 9, &asset->gzip);

    if (r < 0)
        return r;
    if (asset->gzip->parts[0].length >= length) {
        frame_unref(asset->gzip);
        asset->gzip = NULL;
    }
    asset->media_type = media_type_of(asset->path);
    make_tag(asset);
    return 0;
}

/* takes content. */
static int add_asset(struct assets *assets, const char *path, struct frame *content)
{
    struct asset *grown = realloc(assets->items, (assets->count + 1) * sizeof *grown);
    struct asset asset = {.plain = content};
    int r = -ENOMEM;

    if (grown)
        assets->items = grown;
    if (grown && (asset.path = strdup(path)))
        r = complete(&asset);
    if (r < 0) {
        asset_fini(&asset);
        return r;
    }
    assets->bytes += content->parts[0].length;
    assets->items[assets->count++] = asset;
    return assets->bytes > ASSETS_BYTES_MAX ? -EFBIG : 0;
}

static int add_file(struct assets *assets, int folder_fd, const char *name, const char *path)
{
    struct frame *content = NULL;
    int r = read_file(folder_fd, name, &content);

    return r < 0 ? r : add_asset(assets, path, content);
}

/* A source folder holds more than the page. */
static bool is_left_out(const char *name)
{
    static const char *const others[] = {"node_modules", "test", "package.json",
        "package-lock.json", "CMakeLists.txt", "build.mjs", "chart-parts.mjs"};

    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        if (strcmp(name, others[i]) == 0)
            return true;
    }
    return name[0] == '.';
}

static int add_folder(struct assets *assets, int fd, const char *path, int depth);

static int add_entry(struct assets *assets, int folder_fd, const char *path, int depth)
{
    const char *name = strrchr(path, '/') + 1;
    struct stat status;
    int fd;

    if (fstatat(folder_fd, name, &status, 0) < 0)
        return errno == ENOENT ? 0 : -errno; /* a link to nowhere */
    if (S_ISREG(status.st_mode))
        return add_file(assets, folder_fd, name, path);
    if (!S_ISDIR(status.st_mode))
        return 0;
    fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : add_folder(assets, fd, path, depth + 1);
}

/* takes fd. path is "" for the folder itself. */
static int add_folder(struct assets *assets, int fd, const char *path, int depth)
{
    DIR *folder = depth > ASSETS_DEPTH_MAX ? NULL : fdopendir(fd);
    struct dirent *entry;
    int r = 0;

    if (!folder) {
        close(fd);
        return depth > ASSETS_DEPTH_MAX ? -EFBIG : -ENOMEM;
    }
    while (r == 0 && (entry = readdir(folder))) {
        char *inner CLEANUP(free_p) = NULL;

        if (is_left_out(entry->d_name))
            continue;
        r = asprintf(&inner, "%s/%s", path, entry->d_name) < 0
                ? -ENOMEM
                : add_entry(assets, fd, inner, depth);
    }
    closedir(folder);
    return r;
}

static const struct description {
    const char *path;
    const unsigned char *bytes;
    size_t length;
} descriptions[] = {
    {"/api/v1/openapi.yaml", openapi_yaml, sizeof openapi_yaml},
    {"/api/v1/asyncapi.yaml", asyncapi_yaml, sizeof asyncapi_yaml},
    {"/api/v1/schema.yaml", schema_yaml, sizeof schema_yaml},
};

static int add_descriptions(struct assets *assets)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(descriptions); i++) {
        const struct description *description = &descriptions[i];
        struct frame *content = NULL;

        r = frame_new(1, &description->length, &content);
        if (r < 0)
            break;
        memcpy(frame_text(content, 0), description->bytes, description->length);
        r = add_asset(assets, description->path, content);
    }
    return r;
}

int assets_init(struct assets *assets, const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r;

    *assets = (struct assets){0};
    if (fd < 0)
        return -errno;
    r = add_folder(assets, fd, "", 0);
    if (r == 0 && !assets_find(assets, "/"))
        r = -ENOENT;
    if (r == 0)
        r = add_descriptions(assets);
    if (r < 0)
        assets_fini(assets);
    return r;
}
