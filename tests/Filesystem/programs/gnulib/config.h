/* What gnulib's configure would find with this C library, as far as its tests of file functions ask. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>

#define HAVE_DECL_ALARM 1
#define HAVE_SYMLINK 1
#define HAVE_LINKAT 1
#define HAVE_UTIMENSAT 1
#define HAVE_FUTIMENS 1
#define HAVE_LUTIMES 1
#define HAVE_UTIMES 1
#define HAVE_STRUCT_STAT_ST_ATIM_TV_NSEC 1
#define TYPEOF_STRUCT_STAT_ST_ATIM_IS_STRUCT_TIMESPEC 1
#define O_BINARY 0
#define O_TEXT 0
#define PROMOTED_MODE_T mode_t
#define ISSLASH(c) ((c) == '/')

#define MAYBE_UNUSED __attribute__((unused))
#define _GL_UNUSED __attribute__((unused))
#define _GL_ATTRIBUTE_MAYBE_UNUSED __attribute__((unused))
#define _GL_ARG_NONNULL(arguments)
#define _GL_ATTRIBUTE_CONST
#define _GL_ATTRIBUTE_PURE
#define _GL_ATTRIBUTE_NODISCARD
#define _GL_ATTRIBUTE_DEALLOC_FREE
#define _GL_ATTRIBUTE_DEALLOC(function, argument)
#define _GL_ATTRIBUTE_MALLOC
#define _GL_ATTRIBUTE_RETURNS_NONNULL
#define _GL_INLINE static inline
#define _GL_EXTERN_INLINE static inline
#define _GL_INLINE_HEADER_BEGIN
#define _GL_INLINE_HEADER_END
