#include "proto/base/err.h"

const char *sam_err_name(int err)
{
    switch (err) {
    case 0: return "OK";
#define X(code, name, text) \
    case code: return #name;
        SAM_ERR_MAP(X)
#undef X
    default: return "E?";
    }
}

const char *sam_err_text(int err)
{
    switch (err) {
    case 0: return "no error";
#define X(code, name, text) \
    case code: return text;
        SAM_ERR_MAP(X)
#undef X
    default: return "unknown error";
    }
}
