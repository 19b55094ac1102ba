/* The one error list: code, name, English text. Functions return 0 or a negative code; outputs are NULL/0 on failure.
 * SAM_EAGAIN means "need more bytes" or "not yet", never "bad". */
#ifndef SAM_BASE_ERR_H
#define SAM_BASE_ERR_H

#define SAM_ERR_MAP(X)                                               \
    X(-1, EAGAIN, "more bytes are needed")                           \
    X(-2, ENOMEM, "out of memory")                                   \
    X(-3, ETOOBIG, "larger than its limit")                          \
    X(-4, EPROTO, "not valid in this protocol")                      \
    X(-5, EAUTH, "authentication failed")                            \
    X(-6, ERANGE, "value outside its range")                         \
    X(-7, ENOTFOUND, "not found")                                    \
    X(-8, EEXIST, "exists already")                                  \
    X(-9, ESTATE, "not allowed in this state")                       \
    X(-10, EIO, "input or output failed")                            \
    X(-11, EFULL, "no space left")                                   \
    X(-12, ECORRUPT, "stored data is damaged")                       \
    X(-13, EVERSION, "made by a version that is not supported")      \
    X(-14, ECLOSED, "the connection is closed")                      \
    X(-15, ETIMEOUT, "the time limit was reached")                   \
    X(-16, ETLS, "TLS failed")                                       \
    X(-17, EUSAGE, "wrong call")                                     \
    X(-18, ECLOCK, "the clock cannot be trusted for picking a date") \
    X(-19, EBUSY, "busy, try again later")                           \
    X(-20, EFORK, "this store is a copy or an old image")            \
    X(-21, EDENIED, "not permitted")                                 \
    X(-22, EREAD, "what is stored could not be read")                \
    X(-23, EUNSURE, "done, but it may not outlast a power failure")

enum sam_err {
    SAM_OK = 0,
#define X(code, name, text) SAM_##name = code,
    SAM_ERR_MAP(X)
#undef X
};

/* sam_err_name(e): "EPROTO"; "OK" for 0, "E?" for a code that is not in the list. Static memory. */
const char *sam_err_name(int err);
/* sam_err_text(e): the English sentence of the list. Static memory. */
const char *sam_err_text(int err);

#endif
