/* function.c - see function.h.   Floor: lang/check. */
#include "lang/check/function.h"
#include <string.h>
#include "lang/base/text.h"

/* A comparison under way. */
struct comparing {
    const struct zpl_function_use *use;
    struct zpl_arena *arena;
    struct zpl_diags *diags;
    bool fine;
};

/* ---- annotations ----------------------------------------------------------------------------- */

/* What each type is to Python, as annotations name it in full; the first is what is suggested.  A table or a
 * value of JSON may be handed over as more than one. */
static const struct {
    enum zpl_kind kind;
    const char *names[6];
} natives[] = {
    {ZPL_INT, {"int", "numpy.int64"}},
    {ZPL_FLOAT, {"float", "numpy.float64"}},
    {ZPL_STRING, {"str", "typing.Literal"}},
    {ZPL_ENUM, {"str", "typing.Literal"}},
    {ZPL_CLASS, {"str"}},
    {ZPL_BOOL, {"bool", "numpy.bool_"}},
    {ZPL_BYTES, {"bytes"}},
    {ZPL_TIMESTAMP, {"datetime.datetime", "pandas.Timestamp"}},
    {ZPL_DATE, {"datetime.date"}},
    {ZPL_PATH, {"pathlib.Path", "zpl.File", "zpl.Dir"}},
    {ZPL_FILE, {"pathlib.Path", "zpl.File"}},
    {ZPL_DIR, {"pathlib.Path", "zpl.Dir"}},
    {ZPL_TABLE, {"pandas.DataFrame", "polars.DataFrame", "pyarrow.Table"}},
    {ZPL_LIST, {"list", "typing.List", "typing.Sequence", "tuple", "numpy.ndarray"}},
    {ZPL_RECORD, {"dict", "typing.Dict", "typing.Mapping"}},
    {ZPL_REPORT, {"dict", "typing.Dict", "typing.Mapping"}},
    {ZPL_TENSOR, {"numpy.ndarray", "torch.Tensor"}},
    {ZPL_COLUMN_OF, {"str"}},
    {ZPL_TYPE_OF, {"str"}},
    {ZPL_COLUMNS_OF, {"list", "typing.List", "typing.Sequence", "tuple"}},
};
#define NATIVES (sizeof natives / sizeof *natives)
#define NAMES   (sizeof natives[0].names / sizeof natives[0].names[0])

/* The length of an annotation without what it may be beside ("| None") and without its parts ("[int]"). */
static size_t base_length(const char *annotation)
{
    return strcspn(annotation, " [");
}

static bool is_named(const char *const names[NAMES], const char *annotation)
{
    size_t n = base_length(annotation);
    for (size_t i = 0; i < NAMES && names[i]; i++)
        if (strlen(names[i]) == n && memcmp(names[i], annotation, n) == 0)
            return true;
    return false;
}

/* Has the annotation a name that stands for one of zpl's types? */
static bool is_known(const char *annotation)
{
    for (size_t i = 0; i < NATIVES; i++)
        if (is_named(natives[i].names, annotation))
            return true;
    return false;
}

/* NULL: the annotation can be the type's; else what it should be. */
static const char *differs(const char *annotation, const struct zpl_type *type)
{
    const char *wanted = NULL;
    if (!annotation || !is_known(annotation))
        return NULL;
    for (size_t i = 0; i < NATIVES && !wanted; i++)
        if (natives[i].kind == type->kind)
            wanted = is_named(natives[i].names, annotation) ? "" : natives[i].names[0];
    if (!wanted && type->kind == ZPL_MODEL)
        return type->framework && strcmp(type->framework, "xgboost") == 0 ? "xgboost.Booster"
                                                                          : "the model's class";
    return wanted && *wanted ? wanted : NULL;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static const struct zpl_parameter *find_parameter(const struct zpl_function *f, const char *name)
{
    for (size_t i = 0; i < f->parameter_count; i++)
        if (strcmp(f->parameters[i].name, name) == 0 &&
            f->parameters[i].kind <= ZPL_PARAMETER_PLACED)
            return &f->parameters[i];
    return NULL;
}

static bool takes_any(const struct zpl_function *f)
{
    for (size_t i = 0; i < f->parameter_count; i++)
        if (f->parameters[i].kind == ZPL_PARAMETER_KEYWORDS)
            return true;
    return false;
}

/* "steps/train.py:12:18: declared here" */
static void note_place(struct comparing *c, struct zpl_diag *diag, const struct zpl_parameter *p)
{
    const struct zpl_function_use *use = c->use;
    if (p)
        zpl_diag_note(c->diags, diag, (struct zpl_span){0}, "%s:%u:%u: its parameter '%s'",
                      use->path, p->line, p->column, p->name);
    else
        zpl_diag_note(c->diags, diag, (struct zpl_span){0}, "%s:%u: the function", use->path,
                      use->function->line);
    c->fine = false;
}

/* The names of its parameters, for a did-you-mean and for a list. */
static const char *const *parameter_names(struct comparing *c, size_t *count)
{
    const struct zpl_function *f = c->use->function;
    const char **names = zpl_arena_array(c->arena, f->parameter_count + 1, sizeof *names);
    *count = 0;
    for (size_t i = 0; names && i < f->parameter_count; i++)
        if (f->parameters[i].kind <= ZPL_PARAMETER_PLACED)
            names[(*count)++] = f->parameters[i].name;
    return names;
}

/* The step gives an input or param that the function has no parameter for. */
static void tell_missing(struct comparing *c, const char *name)
{
    size_t count;
    const struct zpl_function_use *use = c->use;
    struct zpl_diag *diag =
        zpl_diag_add(c->diags, ZPL_CODE_PYTHON, use->where,
                     "%s() has no parameter '%s', which the step gives it", use->name, name);
    const char *const *names = parameter_names(c, &count);
    const char *near = names ? zpl_text_nearest(name, names, count) : NULL;
    note_place(c, diag, NULL);
    if (near)
        zpl_diag_help(c->diags, diag,
                      "did you mean '%s'? inputs and params go to the parameters "
                      "of their names",
                      near);
    else
        zpl_diag_help(c->diags, diag,
                      "inputs and params go to the parameters of their names: add "
                      "it to the function, or leave it out of the signature");
}

static void check_input(struct comparing *c, const struct zpl_field *input)
{
    const struct zpl_function_use *use = c->use;
    const struct zpl_parameter *p = find_parameter(use->function, input->name);
    if (!p) {
        if (!takes_any(use->function))
            tell_missing(c, input->name);
        return;
    }
    if (p->kind == ZPL_PARAMETER_PLACED) {
        struct zpl_diag *diag = zpl_diag_add(
            c->diags, ZPL_CODE_PYTHON, use->where,
            "%s() takes '%s' by its place alone, and a step gives everything by its name",
            use->name, p->name);
        note_place(c, diag, p);
        zpl_diag_help(c->diags, diag, "take the '/' out of its parameters");
        return;
    }
    if (input->optional && !input->fallback && !p->has_default) {
        struct zpl_diag *diag = zpl_diag_add(
            c->diags, ZPL_CODE_PYTHON, use->where,
            "%s() wants '%s', which a call of the step may leave out", use->name, p->name);
        note_place(c, diag, p);
        zpl_diag_help(c->diags, diag, "give it a default: `%s=None`", p->name);
        return;
    }
    const char *wanted = differs(p->annotation, input->type);
    if (!wanted || (input->type->kind == ZPL_INT && strcmp(wanted, "int") == 0 &&
                    strncmp(p->annotation, "float", base_length(p->annotation)) == 0))
        return; /* where Python says float, an int will do */
    struct zpl_diag *diag = zpl_diag_add(
        c->diags, ZPL_CODE_PYTHON, use->where, "%s() takes '%s' as %s, but the step gives it %s",
        use->name, p->name, p->annotation, zpl_type_text(input->type, true, c->arena));
    note_place(c, diag, p);
    zpl_diag_help(c->diags, diag, "annotate it as %s, or declare another type", wanted);
}

/* Was it told already, as what an input that has no parameter may mean? */
static bool is_meant(const struct comparing *c, const struct zpl_parameter *p)
{
    const struct zpl_signature *s = c->use->signature;
    for (size_t i = 0; i < s->input_count; i++)
        if (!find_parameter(c->use->function, s->inputs[i].name) &&
            zpl_text_nearest(s->inputs[i].name, &p->name, 1))
            return true;
    return false;
}

/* A parameter without a default that the step does not give. */
static void check_parameter(struct comparing *c, const struct zpl_parameter *p)
{
    const struct zpl_function_use *use = c->use;
    if (p->has_default || p->kind > ZPL_PARAMETER_PLACED ||
        zpl_signature_input(use->signature, p->name) || is_meant(c, p))
        return;
    struct zpl_diag *diag =
        zpl_diag_add(c->diags, ZPL_CODE_PYTHON, use->where,
                     "%s() wants '%s', which the step does not give", use->name, p->name);
    note_place(c, diag, p);
    zpl_diag_help(c->diags, diag, "add it to the signature, or give it a default");
}

/* ---- what it returns ------------------------------------------------------------------------- */

/* The part number `i` of "tuple[A, B]"; NULL: there is none. */
static const char *part_of(struct comparing *c, const char *annotation, size_t i)
{
    size_t depth = 0, begin = base_length(annotation) + 1, at = begin;
    for (; annotation[at]; at++) {
        bool close = annotation[at] == ']';
        if (depth == 0 && (close || annotation[at] == ',')) {
            if (i == 0)
                return zpl_arena_strndup(c->arena, annotation + begin, at - begin);
            if (close)
                return NULL;
            i--;
            begin = at + 1 + strspn(annotation + at + 1, " ");
        }
        depth += annotation[at] == '[';
        depth -= close && depth > 0;
    }
    return NULL;
}

static bool is_tuple(const char *annotation)
{
    static const char *const names[NAMES] = {"tuple", "typing.Tuple"};
    return is_named(names, annotation) && annotation[base_length(annotation)] == '[';
}

static void check_output(struct comparing *c, const struct zpl_field *output, const char *returned)
{
    const struct zpl_function_use *use = c->use;
    const char *wanted = differs(returned, output->type);
    if (!wanted)
        return;
    struct zpl_diag *diag = zpl_diag_add(
        c->diags, ZPL_CODE_PYTHON, use->where, "%s() returns %s, but the step's output '%s' is %s",
        use->name, returned, output->name, zpl_type_text(output->type, true, c->arena));
    note_place(c, diag, NULL);
    zpl_diag_help(c->diags, diag, "annotate it as %s, or declare another type", wanted);
}

static void check_returned(struct comparing *c)
{
    const struct zpl_signature *s = c->use->signature;
    const char *returns = c->use->function->returns;
    if (!returns)
        return;
    if (s->output_count && strcmp(returns, "None") == 0) {
        struct zpl_diag *diag =
            zpl_diag_add(c->diags, ZPL_CODE_PYTHON, c->use->where,
                         "%s() returns nothing, but the step has the output '%s'", c->use->name,
                         s->outputs[0].name);
        note_place(c, diag, NULL);
        return;
    }
    if (s->output_count == 1) {
        check_output(c, &s->outputs[0], returns);
        return;
    }
    if (!is_tuple(returns))
        return; /* a class of the user's, a dict: fields have the outputs' names */
    const char *after = part_of(c, returns, s->output_count);
    const char *last = s->output_count ? part_of(c, returns, s->output_count - 1) : "";
    if (after || !last) {
        struct zpl_diag *diag = zpl_diag_add(c->diags, ZPL_CODE_PYTHON, c->use->where,
                                             "%s() returns %s, but the step has %zu outputs",
                                             c->use->name, returns, s->output_count);
        note_place(c, diag, NULL);
        return;
    }
    for (size_t i = 0; i < s->output_count; i++)
        check_output(c, &s->outputs[i], part_of(c, returns, i));
}

bool zpl_check_function(const struct zpl_function_use *use, struct zpl_arena *arena,
                        struct zpl_diags *diags)
{
    struct comparing c = {.use = use, .arena = arena, .diags = diags, .fine = true};
    for (size_t i = 0; i < use->signature->input_count; i++)
        check_input(&c, &use->signature->inputs[i]);
    for (size_t i = 0; i < use->function->parameter_count; i++)
        check_parameter(&c, &use->function->parameters[i]);
    check_returned(&c);
    return c.fine;
}
