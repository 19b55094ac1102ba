#include "server/qr/qr.h"

#include "proto/base/err.h"

#include <qrencode.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { QUIET = 4, QUIET_LETTERS = 2, CELL_BYTES_MAX = 48 }; /* light modules around it: four, by the standard */

static int add(struct sam_buf *out, const char *text)
{
    return sam_buf_add(out, text, strlen(text));
}

static bool is_dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1);
}

/* ---- a picture */

static int modules(struct sam_buf *out, const QRcode *code)
{
    char cell[CELL_BYTES_MAX];
    int err = 0;
    for (int i = 0; !err && i < code->width * code->width; i++) {
        if (!(code->data[i] & 1))
            continue;
        snprintf(cell, sizeof cell, "M%d %dh1v1h-1z", i % code->width + QUIET, i / code->width + QUIET);
        err = add(out, cell);
    }
    return err;
}

int qr_svg(struct sam_buf *out, const char *text)
{
    char head[224];
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!code)
        return SAM_ENOMEM;
    int side = code->width + 2 * QUIET;
    snprintf(head, sizeof head,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
             "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
             side, side, side, side);
    int err = add(out, head);
    err = err ? err : modules(out, code);
    err = err ? err : add(out, "\"/></svg>\n");
    QRcode_free(code);
    return err;
}

/* ---- letters */

/* Bit 1: dark above, bit 0: dark below; light modules are drawn. */
static int line_add(struct sam_buf *out, const QRcode *code, int y)
{
    static const char *const block[] = {"\u2588", "\u2580", "\u2584", " "};
    int err = add(out, "\x1b[40;97m");
    for (int x = -QUIET_LETTERS; !err && x < code->width + QUIET_LETTERS; x++)
        err = add(out, block[is_dark(code, x, y) << 1 | is_dark(code, x, y + 1)]);
    return err ? err : add(out, "\x1b[0m\n");
}

int qr_letters(struct sam_buf *out, const char *text)
{
    int err = 0;
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    if (!code)
        return SAM_ENOMEM;
    for (int y = -QUIET_LETTERS; !err && y < code->width + QUIET_LETTERS; y += 2)
        err = line_add(out, code, y);
    QRcode_free(code);
    return err;
}
