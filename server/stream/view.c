#include "view.h"

#include "encode.h"

#include <errno.h>

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

int view_open(struct view_set *set, const struct query *query, struct view **ret_view)
{
    struct view *view = set->first;

    while (view && !query_equal(&view->query, query))
        view = view->next;
    if (!view) {
        view = calloc(1, sizeof *view);
        if (!view)
            return -ENOMEM;
        view->model = set->model;
        view->query = *query;
        view->stream = ++set->last_stream;
        view->next = set->first;
        set->first = view;
        set->count++;
    }
    view->references++;
    *ret_view = view;
    return 0;
}

void view_close(struct view_set *set, struct view *view)
{
    struct view **link = &set->first;

    if (!view || --view->references > 0)
        return;
    while (*link != view)
        link = &(*link)->next;
    *link = view->next;
    set->count--;
    view_free(view);
}

uint64_t view_changed(const struct view *view)
{
    return query_changed(&view->query, view->model);
}

static int keep_frame(struct view *view, struct frame *frame)
{
    if (view->frame_count == view->frame_capacity) {
        size_t capacity = view->frame_capacity ? view->frame_capacity * 2 : 4;
        struct frame **grown = realloc(view->frames, capacity * sizeof(struct frame *));

        if (!grown)
            return -ENOMEM;
        view->frames = grown;
        view->frame_capacity = capacity;
    }
    view->frames[view->frame_count++] = frame;
    return 0;
}

int view_frame(struct view *view, uint64_t since, struct frame **ret_frame)
{
    struct frame *frame = NULL;
    int r;

    if (view->cached != view->model->revision) {
        drop_frames(view);
        view->cached = view->model->revision;
    }
    if (!query_is_kept(&view->query, view->model, since))
        since = 0;
    for (size_t i = 0; i < view->frame_count; i++) {
        if (view->frames[i]->asked == since) {
            *ret_frame = frame_ref(view->frames[i]);
            return 0;
        }
    }
    r = encode_frame(view, since, &frame);
    if (r < 0)
        return r;
    view->encoded++;
    frame->asked = since;
    r = keep_frame(view, frame);
    if (r < 0) { /* it still serves the one who asked */
        *ret_frame = frame;
        return 0;
    }
    *ret_frame = frame_ref(frame);
    return 0;
}
