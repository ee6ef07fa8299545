# The message names the folder, which is another one each time.
zpl check twins.zpl 2>said
code=$?
sed 's|looked for at .*/|looked for at HERE/|' said >&2
exit $code
