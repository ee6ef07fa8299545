# The message names the folder, which is another one each time.
zpl check no_such_files.zpl 2>said
code=$?
sed "s|$(dirname "$PWD")|ABOVE|" said >&2
exit $code
