# What counts as a change of a kernel, and what does not.
. "$ROOT/tests/lib.sh"

mkdir -p stdlib/table stdlib/model lang/base
cp -R "$ROOT/.ci" .ci
cat >stdlib/kernel.h <<'C'
#define ZPL_KERNEL(id) int id
C
cat >lang/base/text.h <<'C'
int width(int c);
C
cat >lang/base/text_width.c <<'C'
#include "lang/base/text.h"
int width(int c) { return c > 255 ? 2 : 1; }
C
cat >lang/base/other.c <<'C'
int other;
C
cat >stdlib/table/bind.h <<'C'
#include "lang/base/text.h"
int bind(void);
C
cat >stdlib/table/bind.c <<'C'
#include "stdlib/table/bind.h"
int bind(void) { return width(300); }
C
cat >stdlib/table/split.c <<'C'
#include "stdlib/kernel.h"
#include "stdlib/table/bind.h"
ZPL_KERNEL(split) = 7 + 1; /* "a" */
const char *words = "two  blanks /* kept */";
C
cat >stdlib/table/join.c <<'C'
#include "stdlib/kernel.h"
ZPL_KERNEL(join) = 2;
C
cat >stdlib/model/train.c <<'C'
#include "stdlib/kernel.h"
ZPL_KERNEL(train) = 3;
C

digest() { # digest KERNEL
    .ci/identity.sh
    sed -n "s|.*X(\"$1\", \"\([0-9a-f]*\)\").*|\1|p" build/gen/identity.h
}
split=$(digest stdlib/table/split.c)
join=$(digest stdlib/table/join.c)
train=$(digest stdlib/model/train.c)
equal "${#split}" 64 "the length of a digest"
stays() {
    equal "$(digest stdlib/table/split.c)" "$split" "the identity of split after $1"
}
changes() {
    [ "$(digest stdlib/table/split.c)" != "$split" ] || fail "$1 left the identity of split alone"
}
others_stay() {
    equal "$(digest stdlib/table/join.c)" "$join" "the identity of join after $1"
    equal "$(digest stdlib/model/train.c)" "$train" "the identity of train after $1"
}

# The header is usable, and is left alone when nothing changed.
printf '#include "build/gen/identity.h"\n#define ONE(p, d) {p, d},\nconst char *all[][2] = {ZPL_SOURCE_DIGESTS(ONE)};\n' >use.c
gcc -std=c17 -Wall -Wextra -Werror -I. -c use.c
touch -d '2001-01-01' build/gen/identity.h
.ci/identity.sh
equal "$(stat -c %Y build/gen/identity.h)" "$(date -d 2001-01-01 +%s)" "the time of a header that did not change"

cp stdlib/table/split.c split.keep
cat >stdlib/table/split.c <<'C'
// A new comment.
#include   "stdlib/kernel.h"
#include "stdlib/table/bind.h"
ZPL_KERNEL(split) =
    7 +
        1;

const char *words /* here too */ = "two  blanks /* kept */";
C
stays "a change of comments, blanks and lines"

sed 's/two  blanks/two blanks/' split.keep >stdlib/table/split.c
changes "a change inside a literal"
others_stay "a change of split"
sed 's/7 + 1/7 + 2/' split.keep >stdlib/table/split.c
changes "a change of the kernel"
others_stay "a change of split"
cp split.keep stdlib/table/split.c
stays "taking it back"

sed -i 's/= 2/= 4/' stdlib/table/join.c
stays "a change of another kernel of its folder"
sed -i 's/= 4/= 2/' stdlib/table/join.c

sed -i 's/300/301/' stdlib/table/bind.c
changes "a change of a file it shares"
[ "$(digest stdlib/table/join.c)" != "$join" ] || fail "a shared file does not count for join"
equal "$(digest stdlib/model/train.c)" "$train" "the identity of train"
sed -i 's/301/300/' stdlib/table/bind.c

sed -i 's/255/127/' lang/base/text_width.c
changes "a change of a source of a header it includes"
sed -i 's/127/255/' lang/base/text_width.c

echo 'int more;' >>lang/base/other.c
stays "a change of a source it has nothing to do with"
