/* argument.c - which argument of a call belongs to which input of the signature, and is it of a
 * kind that the input admits?  Tables, models and other made values are only matched here;
 * unify.c looks into them. */
#include <string.h>
#include "lang/base/text.h"
#include "lang/check/tell.h"

/* What people coming from other libraries write, and what it is called here.  `advice` is told
 * instead of a plain did-you-mean. */
/* Rules are said of a column, where its type is declared. */
#define OF_A_COLUMN(rule) "rules stand with the column: type = Table { id = " rule ", ... }"

static const struct habit {
    const char *written, *meant, *advice;
} habits[] = {
    {"n_estimators", "rounds", NULL},
    {"num_boost_round", "rounds", NULL},
    {"iterations", "rounds", NULL},
    {"nrounds", "rounds", NULL},
    {"learning_rate", "eta", NULL},
    {"random_state", "seed", NULL},
    {"random_seed", "seed", NULL},
    {"depth", "max_depth", NULL},
    {"target", "label", NULL},
    {"y", "label", NULL},
    {"delim", "delimiter", NULL},
    {"sep", "delimiter", NULL},
    {"dtype", "type", NULL},
    {"schema", "type", NULL},
    {"train_size", "ratio", NULL},
    {"test_size", "ratio", "ratio is the part that goes to train: write ratio = 1 - test_size"},
    {"train_frac", "ratio", NULL},
    {"frac", "ratio", NULL},
    {"fraction", "ratio", NULL},
    {"shuffle", "seed", "rows are always parted at random; another `seed` parts in another way"},
    {"n_splits", "k", NULL},
    {"folds", "k", NULL},
    {"n_folds", "k", NULL},
    {"cv", "k", NULL},
    {"num_round", "rounds", NULL},
    {"num_rounds", "rounds", NULL},
    {"n_rounds", "rounds", NULL},
    {"ntrees", "rounds", NULL},
    {"n_trees", "rounds", NULL},
    {"num_trees", "rounds", NULL},
    {"epochs", "rounds", NULL},
    {"lr", "eta", NULL},
    {"shrinkage", "eta", NULL},
    {"reg_lambda", "lambda", NULL},
    {"lambda_l2", "lambda", NULL},
    {"l2", "lambda", NULL},
    {"reg_alpha", "alpha", NULL},
    {"lambda_l1", "alpha", NULL},
    {"l1", "alpha", NULL},
    {"colsample_bytree", "colsample", NULL},
    {"feature_fraction", "colsample", NULL},
    {"bagging_fraction", "subsample", NULL},
    {"min_samples_leaf", "min_child_weight", NULL},
    {"min_data_in_leaf", "min_child_weight", NULL},
    {"n_jobs", "rounds",
     "trees grow in one thread, so that a run can be repeated; steps run side by side"},
    {"nthread", "rounds",
     "trees grow in one thread, so that a run can be repeated; steps run side by side"},
    {"num_threads", "rounds",
     "trees grow in one thread, so that a run can be repeated; steps run side by side"},
    {"device", "rounds", "trees grow in one thread, so that a run can be repeated"},
    {"tree_method", "rounds", "trees always grow on histograms (tree_method hist)"},
    {"objective", "label", "the label's type picks the task: a Bool, an Enum or String, a number"},
    {"num_class", "label", "the classes are those of the label's type"},
    {"scale_pos_weight", "label", "rows are weighed in `sql`: repeat or leave out some of a class"},
    {"eval_metric", "label", "metrics come from `evaluate { model, test }`"},
    {"metric", "label", "metrics come from `evaluate { model, test }`"},
    {"early_stopping_rounds", "rounds",
     "try several `rounds` with `each(grid { rounds = { 50, 100 } }, …)`"},
    {"verbose", "rounds", "the log shows the metric while it trains: `zpl logs`"},
    {"verbosity", "rounds", "the log shows the metric while it trains: `zpl logs`"},
    {"label_column", "label", NULL},
    {"target_column", "label", NULL},
    {"outcome", "label", NULL},
    {"response", "label", NULL},
    {"columns", "features", NULL},
    {"cols", "features", NULL},
    {"feature_names", "features", NULL},
    {"feature_cols", "features", NULL},
    {"feature_columns", "features", NULL},
    {"X", "train",
     "the table comes first and holds the label too: `xgboost.train { rows, label = \"…\" }`"},
    {"data", "train", "the table comes first: `xgboost.train { rows, label = \"…\" }`"},
    {"data", "rows", NULL},
    {"df", "rows", NULL},
    {"table", "rows", NULL},
    {"file", "path", NULL},
    {"filename", "path", NULL},
    {"filepath", "path", NULL},
    {"filepath_or_buffer", "path", NULL},
    {"separator", "delimiter", NULL},
    {"dtypes", "type", NULL},
    {"col_types", "type", NULL},
    {"column_types", "type", NULL},
    {"usecols", "type", "declare the columns: type = Table { id = Int }; or take some in `sql`"},
    {"parse_dates", "type",
     "days and times are found by themselves, or declared: type = Table { day = Date }"},
    {"names", "type", "columns are named by the header, or declared: type = Table { id = Int }"},
    {"index_col", "type", "a table has no index: it is a column as the others"},
    {"na_values", "type",
     "an empty field is a null; others are made null in `sql`: nullif(x, 'NA')"},
    {"nrows", "type", "take the first rows in `sql`: `sql [[ SELECT * FROM rows LIMIT 10 ]]`"},
    {"skiprows", "type", "leave rows out in `sql`"},
    {"encoding", "type", "files are UTF-8"},
    {"retry", "retries", NULL},
    {"max_retries", "retries", NULL},
    {"depends_on", "after", NULL},
    {"needs", "after", NULL},
    {"condition", "when", NULL},
    {"only_if", "when", NULL},
    {"name", "as", NULL},
    {"step_name", "as", NULL},
    {"unique", "type", OF_A_COLUMN("String { unique = true }")},
    {"required", "type", OF_A_COLUMN("String { required = true }")},
    {"primary_key", "type", OF_A_COLUMN("String { required = true, unique = true }")},
    {"match", "type", OF_A_COLUMN("String { match = \"^[a-z]+$\" }")},
    {"one_of", "type", OF_A_COLUMN("Int { one_of = { 1, 2 } }")},
    {"min", "type", OF_A_COLUMN("Int { min = 0 }")},
    {"max", "type", OF_A_COLUMN("Int { max = 9 }")},
    {"columns", "type", "declare the columns: type = Table { id = Int }; or take some in `sql`"},
    {"rename", "type", "columns are renamed in `sql`: `sql [[ SELECT a AS b FROM rows ]]`"},
};

static const char *const words[] = {"after",     "allow",   "as",      "cache", "env",
                                    "resources", "retries", "timeout", "when"};
#define WORDS (sizeof words / sizeof *words)

bool zpl_call_has(const char *word)
{
    for (size_t i = 0; i < WORDS; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static size_t input_named(const struct zpl_signature *line, const char *name)
{
    for (size_t i = 0; i < line->input_count; i++)
        if (strcmp(line->inputs[i].name, name) == 0)
            return i;
    return ZPL_NO_INPUT;
}

/* The i-th required input, or ZPL_NO_INPUT. */
static size_t input_at(const struct zpl_signature *line, size_t position)
{
    for (size_t i = 0; i < line->input_count; i++)
        if (!line->inputs[i].optional && position-- == 0)
            return i;
    return ZPL_NO_INPUT;
}

/* The names of the inputs, one after another: the required ones, or those that are not. */
static const char *list_inputs(struct zpl_attempt *a, bool required, bool all)
{
    const char *text = "";
    for (size_t i = 0; i < a->line->input_count && text; i++)
        if (all || a->line->inputs[i].optional != required)
            text = zpl_arena_printf(a->scratch, "%s%s%s", text, *text ? ", " : "",
                                    a->line->inputs[i].name);
    return text && *text ? text : "none";
}

static void tell_extra(struct zpl_attempt *a, const struct zpl_call_argument *argument)
{
    const char *step = a->call->step->name;
    size_t required = 0;
    while (input_at(a->line, required) != ZPL_NO_INPUT)
        required++;
    struct zpl_diag *d = zpl_diag_add(&a->diags, ZPL_CODE_BAD_CALL, argument->span,
                                      "%s takes %zu argument%s by position: %s", step, required,
                                      required == 1 ? "" : "s", list_inputs(a, true, false));
    const struct zpl_value *value = argument->value;
    if (a->call->step->source && value && value->kind == ZPL_VALUE_LITERAL &&
        (value->literal->kind == ZPL_LIT_PATH || value->literal->kind == ZPL_LIT_STRING))
        zpl_diag_help(&a->diags, d,
                      "files that are one table stand in a list: %s { { \"a\", \"b\" } }, %s { "
                      "files \"data/*\" }, or are a pattern: %s \"data/*\"",
                      step, step, step);
    else if (required < a->line->input_count)
        zpl_diag_help(&a->diags, d, "give the others by name: %s", list_inputs(a, false, false));
}

/* What an argument that the line does not have is elsewhere, or NULL. */
static const struct habit *habit_of(const struct zpl_signature *line, const char *name)
{
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
        if (strcmp(habits[i].written, name) == 0 &&
            (input_named(line, habits[i].meant) != ZPL_NO_INPUT || zpl_call_has(habits[i].meant)))
            return &habits[i];
    return NULL;
}

/* Was the input given under another library's name?  That was told. */
static bool is_meant(const struct zpl_attempt *a, size_t input)
{
    for (size_t k = 0; k < a->call->argument_count; k++) {
        const char *name = a->call->arguments[k].name;
        const struct habit *habit =
            name && input_named(a->line, name) == ZPL_NO_INPUT ? habit_of(a->line, name) : NULL;
        if (habit && input_named(a->line, habit->meant) == input)
            return true;
    }
    return false;
}

static void tell_unknown(struct zpl_attempt *a, const struct zpl_call_argument *argument)
{
    const struct zpl_signature *line = a->line;
    struct zpl_diag *d =
        zpl_diag_add(&a->diags, ZPL_CODE_UNKNOWN_ARGUMENT, argument->name_span,
                     "%s has no argument '%s'", a->call->step->name, argument->name);
    zpl_diag_note(&a->diags, d, (struct zpl_span){0}, "it takes %s", list_inputs(a, false, true));
    const struct habit *habit = habit_of(line, argument->name);
    if (habit && habit->advice)
        zpl_diag_help(&a->diags, d, "%s", habit->advice);
    else if (habit)
        zpl_diag_help(&a->diags, d, "it is called '%s' here", habit->meant);
    if (habit)
        return;
    const size_t count = line->input_count + WORDS;
    const char **names = zpl_arena_array(a->scratch, count, sizeof *names);
    for (size_t i = 0; names && i < count; i++)
        names[i] = i < line->input_count ? line->inputs[i].name : words[i - line->input_count];
    const char *near = names ? zpl_text_nearest(argument->name, names, count) : NULL;
    if (near)
        zpl_diag_help(&a->diags, d, "did you mean '%s'?", near);
}

/* Adds "'rounds: Int 1..5000 = 100'" as the signature says it. */
static void note_input(struct zpl_attempt *a, struct zpl_diag *d, size_t input)
{
    const struct zpl_field *field = &a->line->inputs[input];
    struct zpl_buf text = {0};
    zpl_buf_printf(&text, "%s: ", field->name);
    zpl_type_show(field->type, true, &text);
    if (field->fallback) {
        zpl_buf_puts(&text, " = ");
        zpl_literal_show(field->fallback, &text);
    }
    if (!zpl_buf_error(&text))
        zpl_diag_note(&a->diags, d, (struct zpl_span){0}, "%s takes %s", a->call->step->name,
                      zpl_buf_str(&text));
    zpl_buf_release(&text);
}

static void tell_missing(struct zpl_attempt *a, size_t input)
{
    const struct zpl_field *field = &a->line->inputs[input];
    struct zpl_diag *d = zpl_diag_add(&a->diags, ZPL_CODE_MISSING_ARGUMENT, a->call->callee,
                                      "%s needs '%s'", a->call->step->name, field->name);
    note_input(a, d, input);
    enum zpl_kind kind = field->type->kind;
    if (kind == ZPL_COLUMN_OF)
        zpl_diag_help(&a->diags, d, "name the column: %s = \"…\"", field->name);
    else if (kind == ZPL_COLUMNS_OF)
        zpl_diag_help(&a->diags, d, "name the columns: %s = { \"…\" }", field->name);
    else if (field->type->optional)
        zpl_diag_help(&a->diags, d,
                      "it may be nil, and has to be given; `%s?: …` is one that may be left out",
                      field->name);
}

static void tell_kind(struct zpl_attempt *a, size_t input)
{
    const struct zpl_call_argument *g = a->given[input];
    struct zpl_diag *d = zpl_diag_add(
        &a->diags, ZPL_CODE_WRONG_KIND, g->span, "'%s' of %s wants %s, got %s%s",
        a->line->inputs[input].name, a->call->step->name,
        zpl_say_kind(a->line->inputs[input].type->kind, a->scratch),
        zpl_say_value(g->value, a->scratch),
        g->value->kind != ZPL_VALUE_LITERAL && g->value->type->optional ? ", which may be absent"
        : g->value->kind == ZPL_VALUE_REF && zpl_kind_is_scalar(a->line->inputs[input].type->kind)
            ? " known only at run time"
            : "");
    zpl_tell_maker(a->checker->graph, &a->diags, d, g->value);
}

/* Gives each argument its input. */
static void match(struct zpl_attempt *a)
{
    size_t position = 0;
    bool extra_told = false;
    for (size_t k = 0; k < a->call->argument_count; k++) {
        const struct zpl_call_argument *argument = &a->call->arguments[k];
        size_t i =
            argument->name ? input_named(a->line, argument->name) : input_at(a->line, position++);
        if (i == ZPL_NO_INPUT && argument->name) {
            tell_unknown(a, argument);
        } else if (i == ZPL_NO_INPUT) {
            if (!extra_told)
                tell_extra(a, argument);
            extra_told = true;
        } else if (a->given[i]) {
            struct zpl_diag *d = zpl_diag_add(&a->diags, ZPL_CODE_DUPLICATE_ARGUMENT,
                                              argument->name ? argument->name_span : argument->span,
                                              "'%s' of %s is given twice", a->line->inputs[i].name,
                                              a->call->step->name);
            zpl_diag_note(&a->diags, d, a->given[i]->span, "first given here");
        } else {
            a->given[i] = argument;
        }
    }
}

/* A literal as the input's type admits it; tells and returns NULL when it does not. */
static const struct zpl_literal *admit(struct zpl_attempt *a, size_t input,
                                       const struct zpl_literal *literal)
{
    const struct zpl_field *field = &a->line->inputs[input];
    const char *why;
    bool out_of_range;
    const struct zpl_literal *v =
        zpl_type_admit(field->type, literal, a->arena, &why, &out_of_range);
    if (v)
        return v;
    struct zpl_diag *d =
        zpl_diag_add(&a->diags, out_of_range ? ZPL_CODE_OUT_OF_RANGE : ZPL_CODE_WRONG_KIND,
                     a->given[input]->span, "%s = %s %s", field->name,
                     zpl_say_literal(literal, a->scratch), why);
    note_input(a, d, input);
    if (field->type->kind == ZPL_TYPE_OF && literal->kind == ZPL_LIT_RECORD)
        zpl_diag_help(&a->diags, d, "columns with their types are a Table: %s = Table { … }",
                      field->name);
    return NULL;
}

static bool is_column_name(const struct zpl_literal *v)
{
    return v->kind == ZPL_LIT_STRING && v->as.str.n > 0 && strlen(v->as.str.s) == v->as.str.n &&
           zpl_utf8_valid(v->as.str.s, v->as.str.n);
}

/* One name alone serves as a list of one. */
static const struct zpl_literal *admit_columns(struct zpl_attempt *a, size_t input,
                                               const struct zpl_literal *literal)
{
    const struct zpl_call_argument *g = a->given[input];
    const char *name = a->line->inputs[input].name;
    if (is_column_name(literal)) {
        const struct zpl_literal **items = zpl_arena_array(a->arena, 1, sizeof *items);
        if (items)
            items[0] = literal;
        return items ? zpl_literal_list(a->arena, items, 1) : NULL;
    }
    if (literal->kind != ZPL_LIT_LIST) {
        zpl_diag_add(&a->diags, ZPL_CODE_WRONG_KIND, g->span,
                     "%s = %s is not a list of columns; write %s = { \"…\", \"…\" }", name,
                     zpl_say_literal(literal, a->scratch), name);
        return NULL;
    }
    for (size_t k = 0; k < literal->as.list.count; k++) {
        const struct zpl_literal *item = literal->as.list.items[k];
        struct zpl_span span = g->item_spans && k < g->item_count ? g->item_spans[k] : g->span;
        if (!is_column_name(item)) {
            zpl_diag_add(&a->diags, ZPL_CODE_WRONG_KIND, span,
                         "%s in '%s' is not the name of a column",
                         zpl_say_literal(item, a->scratch), name);
            return NULL;
        }
        for (size_t m = 0; m < k; m++) {
            if (strcmp(literal->as.list.items[m]->as.str.s, item->as.str.s) != 0)
                continue;
            zpl_diag_add(&a->diags, ZPL_CODE_DUPLICATE_COLUMN, span,
                         "column '%s' stands twice in '%s'", item->as.str.s, name);
            return NULL;
        }
    }
    return literal;
}

static const struct zpl_value *literal_value(struct zpl_attempt *a, const struct zpl_type *type,
                                             const struct zpl_literal *literal)
{
    struct zpl_value *v = zpl_arena_alloc(a->arena, sizeof *v);
    if (!v)
        return NULL;
    v->kind = ZPL_VALUE_LITERAL;
    v->type = type;
    v->literal = literal;
    return v;
}

static bool is_made(enum zpl_kind kind)
{
    return kind == ZPL_TABLE || kind == ZPL_MODEL || kind == ZPL_REPORT || kind == ZPL_TENSOR ||
           kind == ZPL_ENDPOINT || kind == ZPL_STEP;
}

/* Names of columns and types shape the graph, so they can't come from a run. */
static bool is_static(enum zpl_kind kind)
{
    return kind == ZPL_COLUMN_OF || kind == ZPL_COLUMNS_OF || kind == ZPL_TYPE_OF;
}

/* May a value of the kind have others in it? */
static bool is_compound(enum zpl_kind kind)
{
    return kind == ZPL_LIST || kind == ZPL_RECORD || kind == ZPL_ANY || kind == ZPL_VAR ||
           kind == ZPL_JSON;
}

static void look_at_literal(struct zpl_attempt *a, size_t input)
{
    const struct zpl_type *want = a->line->inputs[input].type;
    const struct zpl_literal *literal = a->given[input]->value->literal, *v = NULL;
    if (is_made(want->kind))
        tell_kind(a, input);
    else if (want->kind == ZPL_COLUMNS_OF)
        v = admit_columns(a, input, literal);
    else
        v = admit(a, input, literal);
    if (v == literal && (want->kind == ZPL_ANY || want->kind == ZPL_VAR))
        a->values[input] = a->given[input]->value;
    else if (v)
        a->values[input] = literal_value(a, want, v);
}

/* A value known at run time: its kind has to fit, its range waits. */
static void look_at_runtime(struct zpl_attempt *a, size_t input)
{
    const struct zpl_call_argument *g = a->given[input];
    const struct zpl_field *field = &a->line->inputs[input];
    enum zpl_kind have = g->value->type->kind;
    if (have == ZPL_UNKNOWN)
        a->poison = true;
    if (is_static(field->type->kind) && have != ZPL_UNKNOWN) {
        struct zpl_diag *d = zpl_diag_add(&a->diags, ZPL_CODE_RUNTIME_VALUE, g->span,
                                          "'%s' of %s has to be known before anything runs",
                                          field->name, a->call->step->name);
        zpl_tell_maker(a->checker->graph, &a->diags, d, g->value);
        return;
    }
    const struct zpl_value *artifact =
        is_compound(field->type->kind) && is_compound(have) ? zpl_value_artifact(g->value) : NULL;
    if (artifact) {
        struct zpl_diag *d = zpl_diag_add(
            &a->diags, ZPL_CODE_WRONG_KIND, g->span,
            "'%s' of %s is a %s with %s in it, which a step takes as an argument of its own only",
            field->name, a->call->step->name, have == ZPL_LIST ? "list" : "record",
            zpl_say_kind(artifact->type->kind, a->scratch));
        zpl_diag_help(&a->diags, d,
                      "give numbers, texts or reports of them instead: what is done with each "
                      "stands where it is made, as inside the function of `each`");
        zpl_tell_maker(a->checker->graph, &a->diags, d, artifact);
        return;
    }
    bool json = field->type->kind == ZPL_JSON && zpl_kind_is_scalar(have);
    if (zpl_kind_is_scalar(field->type->kind) && !json &&
        !zpl_type_fits(g->value->type, field->type, NULL, NULL)) {
        tell_kind(a, input);
        return;
    }
    a->values[input] = g->value;
}

/* Arguments of standard steps of which a call takes one at most. */
static const struct {
    const char *kernel, *one, *other, *words;
} apart[] = {
    {"split", "stratify", "time", "rows are parted by chance or by time"},
};

static void tell_apart(struct zpl_attempt *a)
{
    const char *kernel = a->call->step->kernel ? a->call->step->kernel : "";
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
        size_t one = input_named(a->line, apart[i].one);
        size_t other = input_named(a->line, apart[i].other);
        if (strcmp(kernel, apart[i].kernel) != 0 || one == ZPL_NO_INPUT || other == ZPL_NO_INPUT ||
            !a->given[one] || !a->given[other])
            continue;
        zpl_diag_add(&a->diags, ZPL_CODE_BAD_CALL, a->given[other]->span,
                     "%s takes %s or %s, not both: %s", a->call->step->name, apart[i].one,
                     apart[i].other, apart[i].words);
    }
}

bool zpl_attempt_arguments(struct zpl_attempt *a)
{
    size_t count = a->line->input_count;
    a->given = zpl_arena_array(a->scratch, count, sizeof *a->given);
    a->values = zpl_arena_array(a->scratch, count, sizeof *a->values);
    if (!a->given || !a->values)
        return false;
    match(a);
    for (size_t i = 0; i < count; i++) {
        const struct zpl_field *field = &a->line->inputs[i];
        const struct zpl_value *v = a->given[i] ? a->given[i]->value : NULL;
        if (v && v->kind == ZPL_VALUE_LITERAL && v->literal->kind == ZPL_LIT_NULL &&
            field->optional) {
            a->given[i] = NULL; /* nil is not given */
            v = NULL;
        }
        if (v && v->kind == ZPL_VALUE_LITERAL)
            look_at_literal(a, i);
        else if (v)
            look_at_runtime(a, i);
        else if (field->fallback)
            a->values[i] = literal_value(a, field->type, field->fallback);
        else if (!field->optional && a->call->incomplete)
            a->poison = true;
        else if (!field->optional && !is_meant(a, i))
            tell_missing(a, i);
    }
    tell_apart(a);
    return true;
}
