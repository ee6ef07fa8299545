# files that are there and are no programs; where an imported step stands
: >tool
printf 'a,b\n1,2\n3,4\n' >rows.csv
echo 'local a, b, c, d = import "/etc/passwd", import "rows.csv", import "tool", import "nothing"' >other.zpl
zpl check other.zpl
mkdir lib
printf -- '-- a library\nlocal half = pipeline "half" { inputs = { rows = Table {...} }, build = function (p)\n  return split { p.rows }\nend }\nreturn { half = half }\n' >lib/prepare.zpl
echo 'local lib = import "lib/prepare" lib.half { csv.read "rows.csv" }' >main.zpl
zpl run main.zpl >/dev/null && zpl show | grep 'csv.read:\|split:' | sed 's/[0-9]* ms/N ms/'
zpl show last/half/split | grep split:  | sed 's/[0-9]* ms/N ms/'
zpl plan main.zpl --json | grep '"file"\|"line"'
(mkdir sub && cd sub && zpl run ../main.zpl >/dev/null && zpl plan ../main.zpl --json | grep '"file"' && ZPL_HOME=../.zpl zpl show last/csv.read | grep line | sed 's/[0-9]* ms/N ms/')
