/* html.c - texts in a page.   Floor: vm. */
#include <string.h>

#include "lang/base/text.h"
#include "vm/view/page.h"

void zpl_htmln(struct zpl_buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        size_t bytes = zpl_utf8_next(text + i, n - i, &cp);
        bool invalid = bytes == 1 && (unsigned char)text[i] >= 0x80;
        bool control = (cp < 0x20 && cp != '\n' && cp != '\t') || (cp >= 0x7f && cp < 0xa0);
        switch (cp) {
        case '&':
            zpl_buf_puts(out, "&amp;");
            break;
        case '<':
            zpl_buf_puts(out, "&lt;");
            break;
        case '>':
            zpl_buf_puts(out, "&gt;");
            break;
        case '"':
            zpl_buf_puts(out, "&quot;");
            break;
        case '\'':
            zpl_buf_puts(out, "&#39;");
            break;
        default:
            if (invalid || control)
                zpl_buf_puts(out, "\uFFFD");
            else
                zpl_buf_add(out, text + i, bytes);
        }
        i += bytes;
    }
}

void zpl_html(struct zpl_buf *out, const char *text)
{
    zpl_htmln(out, text, strlen(text));
}

void zpl_html_take(struct zpl_buf *out, struct zpl_buf *text)
{
    zpl_htmln(out, zpl_buf_str(text), text->len);
    zpl_buf_release(text);
}
