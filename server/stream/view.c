#include "view.h"

#include "encode.h"

#include <errno.h>

enum { IDLE_MAX = 64 };

void view_set_init(struct view_set *set, const struct model *model)
{
    *set = (struct view_set){.model = model};
}

static void drop_frames(struct view *view)
{
    for (size_t i = 0; i < view->frame_count; i++)
        frame_unref(view->frames[i]);
    view->frame_count = 0;
}

static void view_free(struct view *view)
{
    drop_frames(view);
    free(view->frames);
    members_fini(&view->members);
    query_fini(&view->query);
    free(view);
}

void view_set_fini(struct view_set *set)
{
    for (struct view *view = set->first, *next; view; view = next) {
        next = view->next;
        view_free(view);
    }
    *set = (struct view_set){0};
}

/* --- who has it --- */

static int view_new(struct view_set *set, const struct query *query, struct view **ret_view)
{
    struct view *view = calloc(1, sizeof *view);
    int r;

    if (!view)
        return -ENOMEM;
    r = query_copy(query, &view->query);
    if (r < 0) {
        free(view);
        return r;
    }
    view->set = set;
    view->stream = ++set->last_stream;
    view->next = set->first;
    set->first = view;
    set->idle_count++;
    *ret_view = view;
    return 0;
}

int view_open(struct view_set *set, const struct query *query, struct view **ret_view)
{
    struct view *view = set->first;
    int r = 0;

    while (view && !query_equal(&view->query, query))
        view = view->next;
    if (!view)
        r = view_new(set, query, &view);
    if (r < 0)
        return r;
    if (view->references++ == 0) {
        set->idle_count--;
        set->count++;
    }
    *ret_view = view;
    return 0;
}

static void let_go(struct view_set *set, struct view *view)
{
    struct view **link = &set->first;

    while (*link != view)
        link = &(*link)->next;
    *link = view->next;
    set->idle_count--;
    view_free(view);
}

/* The one that was asked for last the longest ago; NULL: all are in use. */
static struct view *find_idlest(const struct view_set *set)
{
    struct view *idlest = NULL;

    for (struct view *view = set->first; view; view = view->next) {
        if (view->references == 0 && (!idlest || view->left_ms < idlest->left_ms))
            idlest = view;
    }
    return idlest;
}

void view_close(struct view_set *set, struct view *view)
{
    if (!view || --view->references > 0)
        return;
    set->count--;
    set->idle_count++;
    view->left_ms = set->model->wall_ms;
    drop_frames(view);
    view->cached = 0;
    if (!query_is_partial(&view->query)) /* the model itself knows what changed in the whole */
        let_go(set, view);
    else if (set->idle_count > IDLE_MAX)
        let_go(set, find_idlest(set));
}

void view_set_forget_idle(struct view_set *set)
{
    int64_t since_ms = set->model->wall_ms - set->model->limits.tombstone_ms;

    for (struct view *view = set->first, *next; view; view = next) {
        next = view->next;
        if (view->references == 0 && view->left_ms < since_ms)
            let_go(set, view);
    }
}

/* --- what it shows --- */

/* Of a whole topic some fields: when one of them changed last. */
static void look_at_fields(struct view *view)
{
    const struct model *model = view->set->model;
    const struct model_table *tables[2];
    unsigned table_count = query_tables(&view->query, model, tables);
    uint64_t before = view->looked;

    view->looked = model->revision;
    for (unsigned i = 0; i < table_count; i++) {
        const struct tombstone *last =
            tables[i]->tombstone_count ? model_tombstone(tables[i], 0) : NULL;

        if (before == 0 || tables[i]->forgotten > before || (last && last->removed > before)) {
            view->changed = model->revision;
            return;
        }
        for (const struct record *record = tables[i]->newest; record && record->changed > before;
             record = record->older) {
            if (record->created > before ||
                record_changed(record, query_fields(&view->query), before)) {
                view->changed = model->revision;
                return;
            }
        }
    }
}

int view_update(struct view *view)
{
    if (query_is_partial(&view->query))
        return members_update(&view->members, &view->query, view->set->model);
    if (view->query.fields && view->looked != view->set->model->revision)
        look_at_fields(view);
    return 0;
}

uint64_t view_changed(struct view *view)
{
    if (view_update(view) < 0) /* who asks for the frame gets to know */
        return view->set->model->revision;
    if (query_is_partial(&view->query))
        return view->members.changed;
    return view->query.fields ? view->changed : query_changed(&view->query, view->set->model);
}

bool view_is_kept(const struct view *view, uint64_t since)
{
    return query_is_kept(&view->query, view->set->model, since) && since >= view->members.forgotten;
}

size_t view_count(const struct view *view)
{
    return query_is_partial(&view->query) ? view->members.present.count
                                          : view->set->model->tables[view->query.topic].count;
}

/* --- its frames --- */

static int keep_frame(struct view *view, struct frame *frame)
{
    if (!MAKE_ROOM(view->frames, view->frame_count, view->frame_capacity))
        return -ENOMEM;
    view->frames[view->frame_count++] = frame;
    return 0;
}

static struct frame *find_frame(struct view *view, uint64_t since)
{
    if (view->cached != view->set->model->revision) {
        drop_frames(view);
        view->cached = view->set->model->revision;
    }
    for (size_t i = 0; i < view->frame_count; i++) {
        if (view->frames[i]->asked == since)
            return view->frames[i];
    }
    return NULL;
}

int view_frame(struct view *view, uint64_t since, struct frame **ret_frame)
{
    struct frame *frame;
    int r = view_update(view);

    if (r < 0)
        return r;
    if (!view_is_kept(view, since))
        since = 0;
    frame = find_frame(view, since);
    if (frame) {
        *ret_frame = frame_ref(frame);
        return 0;
    }
    r = encode_frame(view, since, &frame);
    if (r < 0)
        return r;
    view->set->encoded++;
    frame->asked = since;
    r = keep_frame(view, frame);
    if (r < 0) { /* it still serves the one who asked */
        *ret_frame = frame;
        return 0;
    }
    *ret_frame = frame_ref(frame);
    return 0;
}
