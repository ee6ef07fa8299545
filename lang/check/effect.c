/* effect.c - see effect.h.   Floor: lang/check. */
#include "lang/check/effect.h"
#include <string.h>
#include "lang/check/tell.h"

/* The name that something is deployed under, where the program says it; else NULL.  (Names of the store:
 * named.h.) */
static const struct zpl_argument *name_of(const struct zpl_node *node)
{
    bool deploys = node->effect && !zpl_node_writes_name(node);
    const struct zpl_argument *name = deploys ? zpl_node_argument(node, "name") : NULL;
    bool known = name && !node->poison && name->value->kind == ZPL_VALUE_LITERAL &&
                 name->value->literal->kind == ZPL_LIT_STRING;
    return known ? name : NULL;
}

static bool never_happens(const struct zpl_node *node)
{
    return node->when && node->when->kind == ZPL_VALUE_LITERAL;
}

/* An earlier one of the same pipeline with the same name that may happen in the same run. */
static const struct zpl_node *find_rival(const struct zpl_checker *checker,
                                         const struct zpl_node *node, const char *name)
{
    for (size_t i = checker->first; i < node->id; i++) {
        const struct zpl_node *other = &checker->graph->nodes[i];
        const struct zpl_argument *taken = name_of(other);
        if (taken && strcmp(other->kernel, node->kernel) == 0 &&
            strcmp(taken->value->literal->as.str.s, name) == 0 && !never_happens(other) &&
            (!node->when || !other->when || node->when == other->when))
            return other;
    }
    return NULL;
}

enum zpl_err zpl_check_effect(struct zpl_checker *checker, const struct zpl_call *call, uint32_t id)
{
    struct zpl_node *node = &checker->graph->nodes[id];
    const struct zpl_argument *name = name_of(node);
    if (!name || never_happens(node))
        return ZPL_OK;
    const char *said = name->value->literal->as.str.s;
    const struct zpl_node *rival = find_rival(checker, node, said);
    const struct zpl_argument *taken = rival ? zpl_node_argument(rival, "name") : NULL;
    bool again = taken && memcmp(&taken->span, &name->span, sizeof name->span) == 0;
    struct zpl_diags told = {0};
    if (!rival && (!node->map || node->when))
        return ZPL_OK;
    struct zpl_diag *d = zpl_diag_add(
        &told, ZPL_CODE_BAD_CALL, name->span,
        "%s '%s'%s: one would take the place of the other, in every run anew",
        rival ? "there are two that are deployed as" : "every item of the list is deployed as",
        said, again ? ", by this very call" : "");
    if (rival && !again)
        zpl_diag_note(&told, d, taken->span, "the other is here");
    if (!rival)
        zpl_diag_note(&told, d, checker->graph->maps[node->map - 1].span,
                      "the list is gone through here");
    zpl_diag_help(
        &told, d,
        rival && !again
            ? "give one of them another name, or both a condition of their own: when = …"
            : "give each a name of its own (name = item.name), or each a condition: when = …");
    node->poison = true;
    zpl_tell_all(checker, call, &told);
    zpl_diags_release(&told);
    return ZPL_ERR_CHECK;
}
