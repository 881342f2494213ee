#include "registrations.h"

#include <pthread.h>
#include <stdlib.h>

struct registration {
    struct registration *next;
    const struct session *session;
    uint32_t handle;
    int arena;
    uintptr_t start, end;
};

static struct registration *registrations;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

void registrations_lock(void)
{
    pthread_mutex_lock(&guard);
}

void registrations_unlock(bool in_child)
{
    if (in_child)
        registrations = NULL;
    pthread_mutex_unlock(&guard);
}

void registrations_add(const struct session *session, uint32_t handle, int arena, uintptr_t start, uintptr_t end)
{
    struct registration *r = malloc(sizeof *r);
    if (r == NULL)
        return;
    registrations_lock();
    *r = (struct registration){ registrations, session, handle, arena, start, end };
    registrations = r;
    registrations_unlock(false);
}

static void remove_where(const struct session *session, bool all, uint32_t handle)
{
    registrations_lock();
    for (struct registration **at = &registrations; *at != NULL;) {
        struct registration *r = *at;
        if (r->session == session && (all || r->handle == handle)) {
            *at = r->next;
            free(r);
        } else {
            at = &r->next;
        }
    }
    registrations_unlock(false);
}

void registrations_remove(const struct session *session, uint32_t handle)
{
    remove_where(session, false, handle);
}

void registrations_forget(const struct session *session)
{
    remove_where(session, true, 0);
}

bool registrations_overlap(int arena, uintptr_t start, uintptr_t end, uintptr_t *first, uintptr_t *last)
{
    bool found = false;
    registrations_lock();
    for (const struct registration *r = registrations; r != NULL; r = r->next) {
        if (r->arena != arena || r->start >= end || r->end <= start)
            continue;
        if (!found || r->start < *first) {
            *first = r->start;
            *last = r->end;
        }
        found = true;
    }
    registrations_unlock(false);
    return found;
}
