#include "sysfs.h"
#include "connection.h"
#include "libc.h"
#include "manager.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

int sysfs_read(const char *path, char text[SYSFS_TEXT], size_t *length)
{
    int socket = connection_open();
    if (socket < 0)
        return ENOENT;
    struct exchange *exchange = exchange_create();
    if (exchange == NULL) {
        raw_close(socket);
        return ENOMEM;
    }

    struct iovec body = { (void *)path, strlen(path) };
    struct reply reply;
    exchange_begin(exchange);
    int error = exchange_request(exchange, socket, DAXEMU_REQ_SYSFS, &body, 1, -1, &reply);
    if (error == 0) {
        *length = reply.length < SYSFS_TEXT - 1 ? reply.length : SYSFS_TEXT - 1;
        memcpy(text, reply.body, *length);
        text[*length] = '\0';
    }
    exchange_end(exchange);
    exchange_destroy(exchange);
    raw_close(socket);
    return error == EIO ? ENOENT : error;
}

int sysfs_device_number(const char *name, dev_t *number)
{
    char path[128], text[SYSFS_TEXT];
    size_t length;
    unsigned major, minor;
    const char *class = strcmp(name, MANAGER_NAME) == 0 ? "misc" : "infiniband_verbs";
    if ((size_t)snprintf(path, sizeof path, "class/%s/%s/dev", class, name) >= sizeof path
        || sysfs_read(path, text, &length) != 0 || sscanf(text, "%u:%u", &major, &minor) != 2)
        return ENOENT;
    *number = makedev(major, minor);
    return 0;
}
