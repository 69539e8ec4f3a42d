/* Every answer of every scripted Mac, cut at every length, through every decoder: whatever comes,
 * nothing outside of it is read. The sanitizers watch. */
#include "darwin_changes.h"
#include "darwin_counters.h"
#include "darwin_links.h"
#include "darwin_routes.h"
#include "darwin_sockets.h"
#include "darwin_types.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>

static struct darwin_links links;
static struct darwin_routes routes;
static struct connection_array connections;

static void read_sockets(const uint8_t *bytes, size_t size)
{
    struct darwin_sockets_summary summary;
    struct network_connection one;
    struct darwin_sockets_rules rules = {NETWORK_TCP, 4, 1};
    (void)!darwin_sockets_read(bytes, size, &rules, &connections, &summary);
    rules = (struct darwin_sockets_rules){NETWORK_UDP, 1, 1};
    (void)!darwin_sockets_read(bytes, size, &rules, &connections, &summary);
    (void)!darwin_process_socket_read(bytes, size, 1, &one);
    connections.count = 0;
}

static void read_all(const uint8_t *bytes, size_t size)
{
    struct darwin_change change = {0};
    struct interface_sample sample = {0};
    (void)!darwin_links_read(bytes, size, &links);
    (void)!darwin_counters_read(bytes, size, "en0", &sample);
    (void)darwin_media_of(bytes, size);
    (void)darwin_functional_type(bytes, size);
    routes.count = 0;
    (void)!darwin_routes_read(bytes, size, &routes);
    darwin_change_read_event(bytes, size, &change);
    darwin_change_read_route(bytes, size, &change);
    read_sockets(bytes, size);
}

static void read_cut(const uint8_t *bytes, size_t size)
{
    for (size_t cut = 0; cut <= size; cut++) {
        uint8_t *copy = malloc(cut ? cut : 1);
        memcpy(copy, bytes, cut);
        read_all(copy, cut);
        free(copy);
    }
}

static void read_file(const char *folder, const char *name)
{
    static uint8_t bytes[1 << 20];
    char path[2048];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    cr_assert_lt(size, sizeof(bytes));
    read_cut(bytes, size);
}

static size_t read_folder(const char *folder)
{
    size_t files = 0;
    DIR *list = opendir(folder);
    cr_assert_not_null(list, "%s", folder);
    for (struct dirent *entry; (entry = readdir(list));) {
        if (entry->d_name[0] == '.')
            continue;
        read_file(folder, entry->d_name);
        files++;
    }
    closedir(list);
    return files;
}

Test(darwin_prefixes, nothing_outside_an_answer_is_read)
{
    char folder[1024];
    size_t macs = 0;
    DIR *list = opendir(DARWIN_SCENARIOS);
    cr_assert_not_null(list);
    for (struct dirent *entry; (entry = readdir(list));) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "made") == 0)
            continue;
        snprintf(folder, sizeof(folder), "%s/%s", DARWIN_SCENARIOS, entry->d_name);
        cr_assert_gt(read_folder(folder), 5);
        macs++;
    }
    closedir(list);
    cr_assert_geq(macs, 6);
    darwin_links_fini(&links);
    darwin_routes_fini(&routes);
    connection_array_fini(&connections);
}
