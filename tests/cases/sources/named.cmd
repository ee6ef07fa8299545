# … and below what it names
mkdir -p ../elsewhere/deep && cp orders.csv ../elsewhere/ && cp orders.csv ../elsewhere/deep/
zpl check named.zpl --data ../elsewhere/orders.csv --folder ../elsewhere
zpl check named.zpl --data ../elsewhere/orders.csv --folder ../elsewhere/dee 2>said
sed "s|'/.*/elsewhere/|'ELSEWHERE/|" said >&2
