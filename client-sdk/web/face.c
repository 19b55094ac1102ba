/* The public structs as JavaScript needs to know them: one table of where each field lies, made by the compiler from face.def. */
#include "client-sdk/include/samling.h"
#include "client-sdk/web/import.h"

#include <sqlite3.h>
#include <stddef.h>

/* The numbers stand in engine.ts too. */
enum face_kind {
    FACE_KIND_STRUCT = 0, /* at: its size; init: sizeof bytes that new ones start with, or NULL */
    FACE_KIND_ID = 1,
    FACE_KIND_COUNT = 2,
    FACE_KIND_TIME = 3,
    FACE_KIND_INT = 4,
    FACE_KIND_UINT = 5,
    FACE_KIND_SHORT = 6,
    FACE_KIND_TEXT = 7,
    FACE_KIND_CHARS = 8,
    FACE_KIND_BYTES = 9,
    FACE_KIND_FLAG = 10,
    FACE_KIND_PART = 11
};

struct face_row {
    const char *name; /* NULL: the end */
    int32_t kind, at, size;
    const char *part; /* PART: which struct */
    const void *init;
};

/* Initialisers first: one constant for each struct that has one. */
#define FACE(s)
#define FACE_INIT(s, ...) static const struct samling_##s init_##s = __VA_ARGS__;
#define FACE_ID(s, f)
#define FACE_COUNT(s, f)
#define FACE_TIME(s, f)
#define FACE_INT(s, f)
#define FACE_UINT(s, f)
#define FACE_SHORT(s, f)
#define FACE_TEXT(s, f)
#define FACE_CHARS(s, f)
#define FACE_BYTES(s, f)
#define FACE_FLAG(s, f)
#define FACE_PART(s, f, p)
#include "client-sdk/web/face.def"
#undef FACE
#undef FACE_INIT
#undef FACE_ID
#undef FACE_COUNT
#undef FACE_TIME
#undef FACE_INT
#undef FACE_UINT
#undef FACE_SHORT
#undef FACE_TEXT
#undef FACE_CHARS
#undef FACE_BYTES
#undef FACE_FLAG
#undef FACE_PART

#define OF(s, f) (((struct samling_##s *)0)->f)
/* A field, where the type is the one that its kind says: the array has a negative size where it is not. */
#define ROW(s, f, k, type)                                                               \
    {#f,                                                                                 \
     FACE_KIND_##k,                                                                      \
     (int32_t)offsetof(struct samling_##s, f),                                           \
     (int32_t)(sizeof OF(s, f) + 0 * sizeof(char[_Generic(&OF(s, f), type * : 1, default \
                                                          : -1)])),                      \
     0,                                                                                  \
     0},
#define FACE(s) {#s, FACE_KIND_STRUCT, 0, (int32_t)sizeof(struct samling_##s), 0, 0},
#define FACE_INIT(s, ...) {#s, FACE_KIND_STRUCT, 0, (int32_t)sizeof(struct samling_##s), 0, &init_##s},
#define FACE_ID(s, f) ROW(s, f, ID, uint64_t)
#define FACE_COUNT(s, f) ROW(s, f, COUNT, uint64_t)
#define FACE_TIME(s, f) ROW(s, f, TIME, int64_t)
#define FACE_INT(s, f)                                     \
    {#f,                                                   \
     FACE_KIND_INT,                                        \
     (int32_t)offsetof(struct samling_##s, f),             \
     (int32_t)sizeof(char[sizeof OF(s, f) == 4 ? 4 : -1]), \
     0,                                                    \
     0},
#define FACE_UINT(s, f) ROW(s, f, UINT, unsigned)
#define FACE_SHORT(s, f) ROW(s, f, SHORT, uint16_t)
#define FACE_TEXT(s, f) ROW(s, f, TEXT, const char *)
#define FACE_CHARS(s, f) \
    {#f, FACE_KIND_CHARS, (int32_t)offsetof(struct samling_##s, f), (int32_t)sizeof OF(s, f), 0, 0},
#define FACE_BYTES(s, f) \
    {#f, FACE_KIND_BYTES, (int32_t)offsetof(struct samling_##s, f), (int32_t)sizeof OF(s, f), 0, 0},
#define FACE_FLAG(s, f) ROW(s, f, FLAG, int)
#define FACE_PART(s, f, p) \
    {#f, FACE_KIND_PART, (int32_t)offsetof(struct samling_##s, f), (int32_t)sizeof(struct samling_##p), #p, 0},

static const struct face_row face[] = {
#include "client-sdk/web/face.def"
    {0, 0, 0, 0, 0, 0},
};

/* The table; it lives as long as the module. */
SAMLING_API const void *samling_face(void);
const void *samling_face(void)
{
    return face;
}

/* Before anything else: SQLite is told of its files. 0, or an error. */
SAMLING_API int samling_start(void);
int samling_start(void)
{
    return sqlite3_initialize() == SQLITE_OK ? SAMLING_OK : SAMLING_ENOMEM;
}
