#include "lease_signal.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* The name without "SIG". */
static int number_of(const char *name)
{
    for (int number = 1; number < SIGRTMIN; number++) {
        const char *known = sigabbrev_np(number);
        if (known != NULL && strcmp(known, name) == 0)
            return number;
    }
    return -1;
}

/* Nothing, or digits; with a sign when it is a distance. */
static int offset_of(const char *text, int from)
{
    if (*text == '\0')
        return from;
    if (from == 0 ? !isdigit((unsigned char)*text) : *text != '+' && *text != '-')
        return -1;
    char *end;
    long offset = strtol(text, &end, 10);
    if (*end != '\0' || end == text || offset < -SIGRTMAX || offset > SIGRTMAX)
        return -1;
    long number = from + offset;
    return number >= 1 && number <= SIGRTMAX ? (int)number : -1;
}

int lease_signal(void)
{
    const char *value = getenv("DAXEMU_LEASE_SIGNAL");
    if (value == NULL || *value == '\0')
        return 0;
    const char *name = strncmp(value, "SIG", 3) == 0 ? value + 3 : value;
    if (strncmp(name, "RTMIN", 5) == 0)
        return offset_of(name + 5, SIGRTMIN);
    if (strncmp(name, "RTMAX", 5) == 0)
        return offset_of(name + 5, SIGRTMAX);
    return isdigit((unsigned char)*name) ? offset_of(name, 0) : number_of(name);
}
