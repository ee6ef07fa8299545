# Includes that climb, go sideways or take another part's library are found, with their place.
. "$ROOT/tests/lib.sh"

mkdir -p lang/base lang/dsl lang/new stdlib/table stack vm/run vm/new
cat >lang/base/a.c <<'C'
/* A comment over lines
#include "vm/plan/plan.h" */
#include <stdio.h>
#include "lang/base/a.h"
#include "lang/types/type.h"
#include <sqlite3.h> // not its own
// #include <lua.h>
#include "a.h"
C
echo '#include "stdlib/kernel.h"' >stack/open.c
echo '#include "lang/lang.h"' >lang/new/x.c
printf '#include <lua.h>\n#include "lang/check/call.h"\n#include "vm/plan/plan.h"\n' >lang/dsl/host.c
printf '#include <duckdb.h>\n#include "lang/types/type.h"\n#include "stack/stack.h"\n' >stdlib/table/duck.c
printf '#include "stack/stack.h"\n#include "stdlib/kernel.h"\n#include "lang/lang.h"\n#include "vm/plan/plan.h"\n#include "vm/cli/cli.h"\n' >vm/run/run.c
echo '#include "vm/plan/plan.h"' >vm/new/x.c

expect 1 awk -f "$ROOT/.ci/strip.awk" -f "$ROOT/.ci/layers.awk" $(find lang stdlib stack vm -name '*.c' | sort)
sed 's/: .*//' out >places
printf '%s\n' lang/base/a.c:5 lang/base/a.c:6 lang/base/a.c:8 lang/dsl/host.c:3 lang/new/x.c:1 \
    stack/open.c:1 stdlib/table/duck.c:3 vm/new/x.c:1 vm/new/x.c:1 vm/run/run.c:5 >expected
same_file places expected
contains out 'lang/base/a.c:5: lang/base/ may not include lang/types/type.h'
contains out '<sqlite3.h> belongs to lang/base/sqldb.c'
